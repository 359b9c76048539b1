package ledgertest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	host = "127.0.0.1"
	// startsWithin bounds the wait for the server to answer.
	startsWithin = 60 * time.Second
	stopsWithin  = 30 * time.Second
)

// Guarded is a role that the server asks for its password; every other one is let in
// without. Make it with CREATE ROLE.
const Guarded = "guarded"

// Cluster is a running PostgreSQL server and its data.
type Cluster struct {
	dir, port string
	programs  string
	settings  []string
	server    *exec.Cmd
	log       *os.File
	ended     chan struct{} // closed once the server has ended
}

// Start makes a cluster and starts its server. address is HOST:PORT to listen on; empty:
// a free port of this machine. settings are the server's, as in fsync=off. What it needs and
// this machine lacks: Missing.
func Start(address string, settings ...string) (*Cluster, error) {
	return start(address, settings, (*Cluster).make)
}

// start starts the server of a cluster once its data folder is made.
func start(address string, settings []string, data func(*Cluster) error) (*Cluster, error) {
	programs, err := find()
	if err != nil {
		return nil, err
	}
	sweep()
	dir, err := os.MkdirTemp("", fmt.Sprintf("%s%d-", prefix, os.Getpid()))
	if err != nil {
		return nil, err
	}
	c := &Cluster{dir: dir, programs: programs, settings: settings}
	if _, c.port, err = net.SplitHostPort(address); err != nil {
		if c.port, err = freePort(); err != nil {
			return nil, errors.Join(err, os.RemoveAll(dir))
		}
	}
	if err := own(c.dir); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	if err := data(c); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	if err := c.Run(); err != nil {
		return nil, errors.Join(err, c.Stop())
	}
	return c, nil
}

// make makes the data folder.
func (c *Cluster) make() error {
	// Text sorts by English rules where nobody says otherwise: a column that should sort
	// by its bytes and does not is found.
	out, err := c.command("initdb", "--pgdata", c.data(), "--username", "postgres", "--auth", "trust", "--encoding", "UTF8",
		"--locale", "C.UTF-8", "--locale-provider", "icu", "--icu-locale", "en-US", "--no-sync").CombinedOutput()
	if err != nil {
		return fmt.Errorf("make a PostgreSQL cluster: %w: %s", err, bytes.TrimSpace(out))
	}
	rules := "host all " + Guarded + " all scram-sha-256\nhost all all " + host + "/32 trust\nhost replication all " + host + "/32 trust\nlocal all all trust\n"
	return os.WriteFile(filepath.Join(c.data(), "pg_hba.conf"), []byte(rules), 0o600)
}

// Run starts the server of a cluster whose server has ended, and waits until it answers.
// The children of one that was killed hold its memory until they notice; none starts
// before that.
func (c *Cluster) Run() error {
	for deadline := time.Now().Add(startsWithin); ; time.Sleep(50 * time.Millisecond) {
		err := c.run()
		if err == nil || !strings.Contains(tail(err.Error(), 400), "is still in use") || time.Now().After(deadline) {
			return err
		}
	}
}

func (c *Cluster) run() error {
	log, err := os.OpenFile(filepath.Join(c.dir, "server.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	c.log, c.ended = log, make(chan struct{})
	args := []string{"-D", c.data(), "-h", host, "-p", c.port, "-k", c.dir}
	for _, setting := range append([]string{"max_connections=300", "shared_buffers=32MB", "log_min_messages=warning"}, c.settings...) {
		args = append(args, "-c", setting)
	}
	c.server = c.command("postgres", args...)
	c.server.Stdout, c.server.Stderr = log, log
	started := make(chan error)
	go func() {
		// The server is ended when the thread ends that started it: this one, which is kept
		// until then.
		runtime.LockOSThread()
		err := c.server.Start()
		started <- err
		if err == nil {
			_ = c.server.Wait()
		}
		_ = log.Close()
		close(c.ended)
	}()
	if err := <-started; err != nil {
		return err
	}
	return c.answers()
}

// answers waits until the server takes connections.
func (c *Cluster) answers() error {
	ctx, cancel := context.WithTimeout(context.Background(), startsWithin)
	defer cancel()
	for {
		if c.command("pg_isready", "-q", "-h", host, "-p", c.port).Run() == nil {
			return nil
		}
		select {
		case <-c.ended:
			return fmt.Errorf("start PostgreSQL: it ended: %s", c.lastWords())
		case <-ctx.Done():
			return fmt.Errorf("start PostgreSQL: no answer within %s: %s", startsWithin, c.lastWords())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (c *Cluster) lastWords() string {
	text, _ := os.ReadFile(filepath.Join(c.dir, "server.log"))
	return strings.TrimSpace(tail(string(text), 2000))
}

func tail(text string, most int) string { return text[max(0, len(text)-most):] }

// Address is where the server listens: HOST:PORT.
func (c *Cluster) Address() string { return net.JoinHostPort(host, c.port) }

// URL is the address of a database for a role that needs no password.
func (c *Cluster) URL(role, database string) string {
	address := url.URL{Scheme: "postgres", User: url.User(role), Host: c.Address(), Path: "/" + database, RawQuery: "sslmode=disable"}
	return address.String()
}

// ID is the process id of the server.
func (c *Cluster) ID() int { return c.server.Process.Pid }

// Kill ends the server with SIGKILL, as a power cut would.
func (c *Cluster) Kill() { c.signal(syscall.SIGKILL) }

// Ended is closed when the server has ended.
func (c *Cluster) Ended() <-chan struct{} { return c.ended }

// Stop ends the server and removes its data.
func (c *Cluster) Stop() error {
	if c.server != nil {
		c.signal(syscall.SIGINT)
	}
	return os.RemoveAll(c.dir)
}

func (c *Cluster) signal(signal syscall.Signal) {
	_ = c.server.Process.Signal(signal) // fails where it has ended
	select {
	case <-c.ended:
	case <-time.After(stopsWithin):
		_ = c.server.Process.Kill()
		<-c.ended
	}
}

func (c *Cluster) data() string { return filepath.Join(c.dir, "data") }

func (c *Cluster) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(c.programs, name), args...) //nolint:gosec,noctx // ended by Stop, or with this process
	cmd.Env, cmd.Dir = []string{"PATH=" + c.programs, "LC_ALL=C.UTF-8"}, c.dir
	cmd.SysProcAttr = child()
	return cmd
}

func freePort() (string, error) {
	// Not of the range that kernels take for outgoing connections: those could be given it
	// between now and the server's start.
	const lowest, highest = 20000, 32767
	for port := lowest + os.Getpid()*37%(highest-lowest); port <= highest; port++ {
		if l, err := net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(port))); err == nil { //nolint:noctx // closed at once
			return strconv.Itoa(port), l.Close()
		}
	}
	return "", errors.New("no free port")
}
