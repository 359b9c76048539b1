package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os/exec"
	"path/filepath"
	"time"

	"foxflow/demo/stack"
)

// shell runs bin/starter against the stack, as a user's shell would.
type shell struct {
	stack *stack.Stack
	stage *stage
}

func (s *shell) starter(ctx context.Context, args []string) *exec.Cmd {
	c := exec.CommandContext(ctx, filepath.Join(s.stack.Bin, "starter"), args...)
	c.Env = s.stack.Environ()
	return c
}

// show runs a command in sight: its words, what it prints, and its exit status.
func (s *shell) show(ctx context.Context, args []string) (status int, err error) {
	s.stage.command(args)
	c := s.starter(ctx, args)
	c.Stdout, c.Stderr = s.stage.out, s.stage.out
	status, err = exitStatus(c.Run())
	if err == nil && status != 0 {
		s.stage.say("(exit status %d)", status)
	}
	return status, err
}

func exitStatus(err error) (int, error) {
	if ended := (*exec.ExitError)(nil); errors.As(err, &ended) && ended.Exited() {
		return ended.ExitCode(), nil
	}
	return 0, err
}

// awaitState looks, out of sight, until an order is in the given state.
func (s *shell) awaitState(ctx context.Context, reference, state string) error {
	last := "unknown"
	err := await(ctx, func(ctx context.Context) (bool, error) {
		now, err := s.state(ctx, reference)
		if err == nil {
			last = now
		}
		return now == state, err
	})
	if err != nil {
		return fmt.Errorf("wait until %s is %s: %w; its state: %s", reference, state, err, last)
	}
	return nil
}

// await asks until the answer is yes.
func await(ctx context.Context, done func(context.Context) (bool, error)) error {
	const within = 30 * time.Second
	ctx, cancel := context.WithTimeoutCause(ctx, within, fmt.Errorf("not within %s", within))
	defer cancel()
	for {
		switch yes, err := done(ctx); {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case yes || err != nil:
			return err
		}
		select {
		case <-ctx.Done():
		case <-time.After(200 * time.Millisecond):
		}
	}
}

func (s *shell) state(ctx context.Context, reference string) (string, error) {
	answer, err := s.starter(ctx, []string{"status", reference, "--output", "json"}).Output()
	var order struct{ State string }
	if err == nil {
		err = json.Unmarshal(answer, &order)
	}
	if err != nil {
		return "", fmt.Errorf("ask for the status of %s: %w", reference, err)
	}
	return order.State, nil
}

// admin is the simulator's own API: it makes money out of nothing.
type admin struct{ url string }

var local = &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}

func (a *admin) setBalance(ctx context.Context, amount string) error {
	return a.changeBalance(ctx, map[string]string{"currency": currency, "set": amount})
}

func (a *admin) addBalance(ctx context.Context, currency, amount string) error {
	return a.changeBalance(ctx, map[string]string{"currency": currency, "add": amount})
}

func (a *admin) changeBalance(ctx context.Context, change map[string]string) error {
	body, err := json.Marshal(change)
	if err != nil {
		return err
	}
	if _, err := a.ask(ctx, http.MethodPost, "/admin/balances", bytes.NewReader(body)); err != nil {
		return fmt.Errorf("change the simulator's balance: %w", err)
	}
	return nil
}
