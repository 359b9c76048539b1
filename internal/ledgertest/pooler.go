package ledgertest

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// ErrNoPooler: this machine has no PgBouncer.
var ErrNoPooler = errors.New("PgBouncer's programs are not here: apt-get install pgbouncer")

// Pooler is a PgBouncer in transaction mode in front of a cluster.
type Pooler struct {
	port string
	cmd  *exec.Cmd
}

// StartPooler puts a PgBouncer in front of the cluster, for role postgres.
func (c *Cluster) StartPooler() (*Pooler, error) {
	program, err := exec.LookPath("pgbouncer")
	if err != nil {
		return nil, ErrNoPooler
	}
	p := &Pooler{}
	if p.port, err = freePort(); err != nil {
		return nil, err
	}
	users, config := filepath.Join(c.dir, "users.txt"), filepath.Join(c.dir, "pgbouncer.ini")
	for path, text := range map[string]string{users: "\"postgres\" \"\"\n", config: fmt.Sprintf(`[databases]
* = host=%s port=%s
[pgbouncer]
listen_addr = %s
listen_port = %s
unix_socket_dir =
auth_type = trust
auth_file = %s
pool_mode = transaction
default_pool_size = 3
`, host, c.port, host, p.port, users)} {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil { //nolint:gosec // no secret: PgBouncer runs as somebody else
			return nil, err
		}
	}
	p.cmd = exec.Command(program, config) //nolint:gosec,noctx // ended by Stop, or with this process
	p.cmd.Dir, p.cmd.SysProcAttr = c.dir, child()
	var said bytes.Buffer
	p.cmd.Stderr = &said
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	for deadline := time.Now().Add(startsWithin); ; time.Sleep(20 * time.Millisecond) {
		connection, err := net.Dial("tcp", net.JoinHostPort(host, p.port)) //nolint:noctx // closed at once
		if err == nil {
			return p, connection.Close()
		}
		if time.Now().After(deadline) {
			p.Stop()
			return nil, fmt.Errorf("start PgBouncer: %w: %s", err, tail(said.String(), 400))
		}
	}
}

// URL is the address of a database through the pooler.
func (p *Pooler) URL(database string, parameters ...string) string {
	address := url.URL{Scheme: "postgres", User: url.User("postgres"), Host: net.JoinHostPort(host, p.port), Path: "/" + database,
		RawQuery: strings.Join(append([]string{"sslmode=disable"}, parameters...), "&")}
	return address.String()
}

// Stop ends it.
func (p *Pooler) Stop() {
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
}
