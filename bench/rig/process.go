package rig

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Patience is how long anything may take to come up.
const Patience = 2 * time.Minute

// host is the one address that all listens on.
const host = "127.0.0.1"

// Process is a program that runs.
type Process struct {
	Name string
	cmd  *exec.Cmd
	log  string
	done chan struct{} // closed once it has ended
}

// Command is a program to be run.
type Command struct {
	Name string // of its log, too
	Path string
	Args []string
	Env  []string // beside PATH and HOME
	// In and Out are its stdin and stdout; nil: none, and its log.
	In  io.Reader
	Out io.Writer
}

// start runs a program. Its log is a file of its name in the folder.
func (r *Rig) start(c Command) (*Process, error) {
	p := &Process{Name: c.Name, log: filepath.Join(r.Dir, c.Name+".log"), done: make(chan struct{})}
	log, err := os.OpenFile(p.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	p.cmd = exec.Command(c.Path, c.Args...) //nolint:gosec,noctx // ended by Kill or Stop
	p.cmd.Env = append([]string{"PATH=" + r.path, "HOME=" + r.Dir}, c.Env...)
	p.cmd.Dir, p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = r.Dir, c.In, log, log
	if c.Out != nil {
		p.cmd.Stdout = c.Out
	}
	p.cmd.SysProcAttr = child()
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", c.Name, err)
	}
	r.mu.Lock()
	r.running = append(r.running, p)
	r.mu.Unlock()
	go func() {
		_ = p.cmd.Wait() // how it ended is said by who waits for it
		close(p.done)
	}()
	return p, nil
}

// PID is the process's id.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Done is closed once the process has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Ended says whether it has ended.
func (p *Process) Ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// Kill ends it at once, with SIGKILL.
func (p *Process) Kill() {
	_ = p.cmd.Process.Kill() // fails where it has ended
	<-p.done
}

// Stop asks it to end, and kills it where it does not.
func (p *Process) Stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.done:
	case <-time.After(30 * time.Second):
		p.Kill()
	}
}

// LastWords is the end of its log.
func (p *Process) LastWords() string {
	text, _ := os.ReadFile(p.log)
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(lines[max(0, len(lines)-8):], "\n")
}

// Says waits until the process's log holds a text.
func (p *Process) Says(text string) error {
	return p.until("says "+text, func() bool {
		said, err := os.ReadFile(p.log)
		return err == nil && strings.Contains(string(said), text)
	})
}

// Answers waits until a URL answers with 200.
func (p *Process) Answers(url string) error {
	return p.until("answers at "+url, func() bool {
		answer, err := http.Get(url) //nolint:gosec,noctx // an address of this machine
		if err != nil {
			return false
		}
		defer answer.Body.Close()
		return answer.StatusCode == http.StatusOK
	})
}

func (p *Process) until(what string, condition func() bool) error {
	for deadline := time.Now().Add(Patience); !condition(); time.Sleep(20 * time.Millisecond) {
		if p.Ended() || time.Now().After(deadline) {
			return fmt.Errorf("%s never %s: %s", p.Name, what, p.LastWords())
		}
	}
	return nil
}

// ports are taken one after another from below the range that kernels use for outgoing
// connections.
var ports struct {
	sync.Mutex
	next int
}

// FreePort is a port of this machine that nobody listens on.
func FreePort() (string, error) {
	const lowest, highest = 21000, 32000
	ports.Lock()
	defer ports.Unlock()
	if ports.next == 0 {
		ports.next = lowest + os.Getpid()*41%(highest-lowest-1000)
	}
	for ; ports.next < highest; ports.next++ {
		l, err := net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(ports.next))) //nolint:noctx // closed at once
		if err == nil {
			ports.next++
			return strconv.Itoa(ports.next - 1), l.Close()
		}
	}
	return "", errors.New("no free port below " + strconv.Itoa(highest))
}
