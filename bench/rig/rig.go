package rig

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
)

// Rig is a folder, what runs in it, and the addresses of what runs.
type Rig struct {
	Dir string
	// Bin is where the programs are.
	Bin string
	// Root is the repository.
	Root string

	path    string // for child processes
	mu      sync.Mutex
	running []*Process

	postgres *Process
	server   string // PostgreSQL's host:port
	ports    map[string]string
	made     int // databases so far
}

// New makes an empty rig in a folder of its own. path is what programs find others by.
func New(root, bin, path string) (*Rig, error) {
	dir, err := os.MkdirTemp("", "foxflow-bench-")
	if err != nil {
		return nil, err
	}
	if bin, err = filepath.Abs(bin); err != nil {
		return nil, err
	}
	if root, err = filepath.Abs(root); err != nil {
		return nil, err
	}
	return &Rig{Dir: dir, Bin: bin, Root: root, path: path, ports: map[string]string{}}, nil
}

// program is the path of a program, which must have been built.
func (r *Rig) program(name string) (string, error) {
	path := filepath.Join(r.Bin, name)
	if _, err := os.Stat(path); err != nil {
		return "", fmt.Errorf("%s is not built: run make bench-programs", path)
	}
	return path, nil
}

// Run starts one of our programs.
func (r *Rig) Run(c Command) (p *Process, err error) {
	if c.Path, err = r.program(c.Path); err != nil {
		return nil, err
	}
	return r.start(c)
}

// Do runs one of our programs to its end, and gives the most memory that it had, in bytes.
func (r *Rig) Do(c Command) (memory int64, err error) {
	p, err := r.Run(c)
	if err != nil {
		return 0, err
	}
	<-p.done
	if status := p.cmd.ProcessState.ExitCode(); status != 0 {
		return 0, fmt.Errorf("%s %v: status %d: %s", c.Path, c.Args, status, p.LastWords())
	}
	if used, ok := p.cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		memory = used.Maxrss << 10
	}
	return memory, nil
}

// Close ends all that runs, the last started first, and removes the folder.
func (r *Rig) Close(keep bool) error {
	r.mu.Lock()
	running := slices.Clone(r.running)
	r.mu.Unlock()
	for _, p := range slices.Backward(running) {
		if p == r.postgres {
			p.Stop() // it has a folder of its own to remove
		} else if !p.Ended() {
			p.Kill()
		}
	}
	if keep {
		return nil
	}
	return errors.Join(os.RemoveAll(r.Dir))
}

// port is the free port of a name, the same at each call.
func (r *Rig) port(name string) (string, error) {
	if r.ports[name] == "" {
		port, err := FreePort()
		if err != nil {
			return "", err
		}
		r.ports[name] = port
	}
	return r.ports[name], nil
}
