package ledgertest

import (
	"os"
	"os/user"
	"strconv"
	"syscall"
)

// child is how PostgreSQL's programs run: not as root, which they refuse, and ended
// (SIGQUIT: at once, and tidily) when the process that started them dies.
func child() *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Pdeathsig: syscall.SIGQUIT}
	if uid, gid, ok := someone(); ok {
		attr.Credential = &syscall.Credential{Uid: uid, Gid: gid}
	}
	return attr
}

// own gives a folder to whoever PostgreSQL's programs run as.
func own(dir string) error {
	if uid, gid, ok := someone(); ok {
		return os.Chown(dir, int(uid), int(gid))
	}
	return nil
}

// someone is who root starts them as.
func someone() (uid, gid uint32, ok bool) {
	if os.Getuid() != 0 {
		return 0, 0, false
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		id, err := strconv.ParseUint(u.Uid, 10, 32)
		if err != nil {
			continue
		}
		group, err := strconv.ParseUint(u.Gid, 10, 32)
		if err != nil {
			continue
		}
		return uint32(id), uint32(group), true
	}
	return 0, 0, false
}
