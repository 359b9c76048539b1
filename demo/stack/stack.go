package stack

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"time"
)

// Stack is a running set of processes.
type Stack struct {
	Settings
	processes []*process // in order of their start
	release   func()     // the database of Temporal
	died      chan error
	stopOnce  sync.Once
	stopping  chan struct{}
}

// part is one process of a stack: how to start it and how to see that it can be
// used.
type part struct {
	name    string
	program string // empty: that of its name among ours
	dir     string // that it runs in; empty: this process's
	args    []string
	env     []string      // over the environment that all share
	grace   time.Duration // to stop by itself
	ready   func(context.Context, *process) error
}

func (s Settings) parts() []part {
	state := func(name string) string { return filepath.Join(s.StateDir, name) }
	var parts []part
	if s.startsTemporal() {
		parts = append(parts, s.temporal())
	}
	if s.Codec() != "" {
		parts = append(parts, part{
			name: "codec",
			env: []string{"FOXFLOW_CODEC_LISTEN=" + net.JoinHostPort(host, strconv.Itoa(s.CodecPort)),
				"FOXFLOW_CODEC_TOKEN_FILE=" + s.CodecTokenFile(), "FOXFLOW_CODEC_ORIGIN=" + s.origin()},
			grace: 10 * time.Second,
			ready: func(_ context.Context, p *process) error { return p.said("codec ready") },
		})
	}
	return append(parts,
		part{
			name: "simulator",
			// In the environment, as arguments can be read by every user of the machine.
			env:   []string{"SIMULATOR_API_KEY=" + s.apiKey},
			grace: 15 * time.Second,
			args:  []string{"--listen", net.JoinHostPort(host, strconv.Itoa(s.SimulatorPort)), "--state", state(simulatorFile)},
			ready: func(_ context.Context, p *process) error { return p.said("simulator ready") },
		},
		part{
			name: "worker",
			// A payment in flight comes to its answer first: up to FOXRELOAD_TIMEOUT.
			grace: 45 * time.Second,
			ready: func(ctx context.Context, _ *process) error { return answersOK(ctx, "http://"+s.WorkerHTTP+"/readyz") },
		})
}

// Start starts everything in order and returns once the worker can work. progress
// hears the name of each part as its start begins and, once more, when it is ready.
// On an error, and when the context ends meanwhile, nothing is left running.
func Start(ctx context.Context, s Settings, progress func(name string, ready bool)) (*Stack, error) {
	if err := s.complete(); err != nil {
		return nil, err
	}
	if err := s.prepare(ctx); err != nil {
		return nil, err
	}
	release, err := s.holdDatabase()
	if err != nil {
		return nil, err
	}
	stack := &Stack{Settings: s, release: release, died: make(chan error, 1), stopping: make(chan struct{})}
	for _, part := range s.parts() {
		progress(part.name, false)
		if err := stack.add(ctx, part); err != nil {
			stack.Stop()
			return nil, err
		}
		progress(part.name, true)
	}
	return stack, nil
}

func (st *Stack) add(ctx context.Context, part part) error {
	program := part.program
	if program == "" {
		program = filepath.Join(st.Bin, part.name)
	}
	p, err := launch(part.name, st.StateDir, part.dir, append(st.environ(), part.env...), program, part.args...)
	if err != nil {
		return err
	}
	p.grace = part.grace
	st.processes = append(st.processes, p)
	go func() {
		<-p.ended
		select {
		case <-st.stopping:
		default:
			select {
			case st.died <- p.died():
			default: // another one died first
			}
		}
	}()
	return st.await(ctx, p, part.ready)
}

// Died tells of the first process that ended by itself: a *DiedError.
func (st *Stack) Died() <-chan error { return st.died }

// Environ is the environment in which bin/starter talks to this stack.
func (st *Stack) Environ() []string { return st.environ() }

// EnvFile is a file to be sourced by a shell, to the same end.
func (st *Stack) EnvFile() string { return filepath.Join(st.StateDir, envFile) }

// Stop stops every process, the last started first: the worker while it can still
// report to Temporal. It returns once all are gone.
func (st *Stack) Stop() {
	st.stopOnce.Do(func() { close(st.stopping) })
	for _, p := range slices.Backward(st.processes) {
		p.stop(st.Hurry)
	}
	st.release()
}

const (
	readyWithin = 90 * time.Second
	askEvery    = 50 * time.Millisecond
)

// await asks until the process is ready, or gone.
func (st *Stack) await(ctx context.Context, p *process, ready func(context.Context, *process) error) error {
	late := fmt.Errorf("not within %s", readyWithin)
	ctx, cancel := context.WithTimeoutCause(ctx, readyWithin, late)
	defer cancel()
	tick := time.NewTicker(askEvery)
	defer tick.Stop()
	for {
		err := ready(ctx, p)
		if err == nil {
			return nil
		}
		select {
		case <-p.ended:
			return p.died()
		case err := <-st.died: // one that was started before
			return err
		case <-ctx.Done():
			if cause := context.Cause(ctx); !errors.Is(cause, late) {
				return cause
			}
			return fmt.Errorf("wait for %s: %w; last answer: %w; see %s", p.name, late, err, p.logPath)
		case <-tick.C:
		}
	}
}
