package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"foxflow/order"
)

// terminal is a real one, and what stands on it.
type terminal struct {
	*os.File // where a program writes
	mu       sync.Mutex
	seen     bytes.Buffer
	done     chan struct{}
}

func openTerminal(t *testing.T) *terminal {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("no terminals here: %v", err)
	}
	var number, unlocked uint32
	for request, value := range map[uintptr]*uint32{syscall.TIOCGPTN: &number, syscall.TIOCSPTLCK: &unlocked} {
		_, _, failed := syscall.Syscall(syscall.SYS_IOCTL, master.Fd(), request, uintptr(unsafe.Pointer(value))) //nolint:gosec // how a terminal is asked
		require.Zero(t, failed)
	}
	slave, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("no terminals here: %v", err)
	}
	term := &terminal{File: slave, done: make(chan struct{})}
	go func() {
		defer close(term.done)
		buffer := make([]byte, 4096)
		for {
			n, err := master.Read(buffer)
			term.mu.Lock()
			term.seen.Write(buffer[:n])
			term.mu.Unlock()
			if err != nil {
				return // the last who had it open has closed it
			}
		}
	}()
	t.Cleanup(func() { _ = slave.Close(); _ = master.Close() })
	return term
}

// text is what stands there once nobody writes any more.
func (term *terminal) text() string {
	_ = term.Close()
	select {
	case <-term.done:
	case <-time.After(time.Minute):
	}
	term.mu.Lock()
	defer term.mu.Unlock()
	return term.seen.String()
}

// Colours, moving lines and broken lines are for a person at a terminal that can show them.
func TestOnlyATerminalGetsColoursAndMovingLines(t *testing.T) {
	t.Parallel()
	const colour, moving = "\x1b[3", "\r\x1b[K"
	s := newShop(t)
	s.begins("shop-1", false)
	s.enters("shop-1", order.Creating)
	s.enters("shop-1", order.Active, withOrder("1f0c9a52-7b1e-4c62-9a55-0d6f0c5f1a77"))
	s.enters("shop-1", order.AwaitingTopUp, waitsFor(order.WaitTopUp))
	watch := func(out, errs *terminal, environ ...string) {
		a := newApp(append(append([]string{}, s.env...), environ...), out.File, errs.File)
		a.now, a.lookEvery = func() time.Time { return s.now }, 5*time.Millisecond
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		assert.Equal(t, exitNotEnded, a.run(ctx, []string{"watch", "shop-1", "--timeout", "100ms"}))
	}
	for _, c := range []struct {
		environ         string
		colours, moving bool
	}{
		{"TERM=xterm", true, true},
		{"NO_COLOR=1", false, true},
		{"NO_COLOR=", true, true},
		{"TERM=dumb", false, false},
	} {
		t.Run(c.environ, func(t *testing.T) {
			out, errs := openTerminal(t), openTerminal(t)
			watch(out, errs, c.environ)
			shown, told := out.text(), errs.text()
			assert.Contains(t, shown, "awaiting_topup")
			assert.Equal(t, c.colours, strings.Contains(shown, colour), "%q", shown)
			assert.Equal(t, c.moving, strings.Contains(told, moving), "%q", told)
		})
	}

	list := func(onTerminal bool) string {
		s.onTerminal = onTerminal
		return s.run("list").out
	}
	assert.Contains(t, list(true), "1f0c9a…5f1a77")
	assert.Contains(t, list(false), "1f0c9a52-7b1e-4c62-9a55-0d6f0c5f1a77")
	piped := s.run("watch", "shop-1", "--timeout", "50ms")
	assert.NotContains(t, piped.out+piped.err, "\x1b")
	assert.NotContains(t, piped.out+piped.err, "\r")
}
