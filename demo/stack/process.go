package stack

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"
)

// maxLog is when a log is begun anew: at the next start after it has this size.
const maxLog = 16 << 20

// process is one child and its log.
type process struct {
	name    string
	logPath string
	from    int64         // where this run begins in the log
	grace   time.Duration // how long it may take to stop
	cmd     *exec.Cmd
	ended   chan struct{} // closed once the child is gone
	err     error         // how it ended; read after ended
}

// spawner starts every child from one thread that lives as long as this process:
// Linux ties "kill me when my parent dies" to the thread that made the child.
var spawner = sync.OnceValue(func() chan<- func() {
	work := make(chan func())
	go func() {
		runtime.LockOSThread()
		for start := range work {
			start()
		}
	}()
	return work
})

// launch starts a program in a folder (empty: this process's). Each child leads a
// process group of its own, so that Ctrl-C reaches this process alone, which then stops
// them in order.
func launch(name, logDir, dir string, environ []string, program string, args ...string) (*process, error) {
	p := &process{name: name, logPath: filepath.Join(logDir, name+".log"), ended: make(chan struct{})}
	log, err := os.OpenFile(p.logPath, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open log of %s: %w", name, err)
	}
	defer log.Close()
	if p.from, err = log.Seek(0, io.SeekEnd); err == nil && p.from > maxLog {
		p.from, err = 0, log.Truncate(0)
	}
	if err != nil {
		return nil, fmt.Errorf("open log of %s: %w", name, err)
	}
	p.cmd = exec.Command(program, args...)
	p.cmd.Env, p.cmd.Dir = environ, dir
	p.cmd.Stdout, p.cmd.Stderr = log, log
	p.cmd.SysProcAttr = childAttributes()
	started := make(chan error)
	spawner() <- func() { started <- p.cmd.Start() }
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.ended)
	}()
	return p, nil
}

// stop asks the child to end, and kills it when it doesn't within its grace or
// when hurry is closed.
func (p *process) stop(hurry <-chan struct{}) {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.ended:
		return
	case <-time.After(p.grace):
	case <-hurry:
	}
	_ = p.cmd.Process.Kill()
	<-p.ended
}

// output is what this run has written to the log so far.
func (p *process) output() []byte {
	f, err := os.Open(p.logPath)
	if err != nil {
		return nil
	}
	defer f.Close()
	// A log is read to its end only while it is young; later its tail will do.
	const most = 1 << 20
	from := p.from
	if size, err := f.Seek(0, io.SeekEnd); err == nil && size-from > most {
		from = size - most
	}
	text, err := io.ReadAll(io.NewSectionReader(f, from, most))
	if err != nil {
		return nil
	}
	return text
}

// said is nil once a line of the log begins with the given words.
func (p *process) said(words string) error {
	if !bytes.Contains(append([]byte("\n"), p.output()...), []byte("\n"+words)) {
		return fmt.Errorf("%s has not said %q", p.name, words)
	}
	return nil
}

// DiedError is a child that ended although nobody had asked it to.
type DiedError struct {
	Name string
	How  string // its exit status or signal
	Log  string // path of its log
	Tail string // the last lines of it
}

func (e *DiedError) Error() string {
	if e.Tail == "" {
		return fmt.Sprintf("%s ended by itself (%s); its log %s says nothing", e.Name, e.How, e.Log)
	}
	return fmt.Sprintf("%s ended by itself (%s); the end of its log %s:\n%s", e.Name, e.How, e.Log, e.Tail)
}

// died describes the end of a child that has ended.
func (p *process) died() *DiedError {
	const tailLines = 12
	lines := strings.Split(strings.TrimRight(string(p.output()), "\n"), "\n")
	if len(lines) > tailLines {
		lines = lines[len(lines)-tailLines:]
	}
	for i, line := range lines {
		if line != "" {
			lines[i] = "  | " + line
		}
	}
	how := "exit status 0"
	if p.err != nil {
		how = p.err.Error()
	}
	return &DiedError{Name: p.name, How: how, Log: p.logPath, Tail: strings.Join(lines, "\n")}
}
