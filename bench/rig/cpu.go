package rig

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// tick is the unit of CPU times in /proc: the kernel's USER_HZ, the same on all that Go runs on.
const tick = 10 * time.Millisecond

// CPU is the time that a process has used, with its children, living and ended.
func CPU(pid int) (time.Duration, error) {
	own, err := spent(pid)
	if err != nil {
		return 0, err
	}
	for _, child := range children(pid) {
		if more, err := CPU(child); err == nil { // else: it has ended, and its parent has its time
			own += more
		}
	}
	return own, nil
}

// spent is what /proc tells of one process: its own time, and that of children that ended.
func spent(pid int) (time.Duration, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	return parseStat(text)
}

// parseStat reads utime, stime, cutime and cstime, which come 14th to 17th. The name in
// parentheses may hold anything.
func parseStat(text []byte) (time.Duration, error) {
	fields := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:])
	const first = 14 - 3 // the state is the third, and the first after the name
	if len(fields) < first+4 {
		return 0, fmt.Errorf("read %q of /proc: too short", text)
	}
	var ticks int64
	for _, field := range fields[first : first+4] {
		n, err := strconv.ParseInt(string(field), 10, 64)
		if err != nil {
			return 0, err
		}
		ticks += n
	}
	return time.Duration(ticks) * tick, nil
}

func children(pid int) (ids []int) {
	lists, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, list := range lists {
		text, _ := os.ReadFile(list)
		for _, id := range strings.Fields(string(text)) {
			if n, err := strconv.Atoi(id); err == nil {
				ids = append(ids, n)
			}
		}
	}
	return ids
}

// Memory is how much of a process is in memory now, and the most that ever was, in bytes.
func Memory(pid int) (now, most int64, err error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, 0, err
	}
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(line, ":")
		kilobytes, _ := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64)
		switch name {
		case "VmRSS":
			now = kilobytes << 10
		case "VmHWM":
			most = kilobytes << 10
		}
	}
	return now, most, nil
}
