package wire

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// echo answers each line by itself, and counts what reached it.
func echo(t *testing.T) (address string, heard chan string) {
	t.Helper()
	heard = make(chan string, 100)
	return listen(t, func(conn net.Conn) {
		for lines := bufio.NewScanner(conn); lines.Scan(); {
			heard <- lines.Text()
			_, _ = io.WriteString(conn, lines.Text()+"\n")
		}
		heard <- "end"
		_ = conn.Close()
	}), heard
}

func listen(t *testing.T, serve func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // closed below
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go serve(conn)
		}
	}()
	return l.Addr().String()
}

// caller is somebody at the near end of a link.
type caller struct {
	*testing.T
	net.Conn
	lines chan string // what comes back; closed at the end
}

func dial(t *testing.T, address string) caller {
	t.Helper()
	conn, err := net.Dial("tcp", address) //nolint:noctx // closed below
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	c := caller{t, conn, make(chan string, 100)}
	go func() {
		defer close(c.lines)
		for lines := bufio.NewScanner(conn); lines.Scan(); {
			c.lines <- lines.Text()
		}
	}()
	return c
}

func (c caller) say(line string) {
	c.Helper()
	_, err := io.WriteString(c.Conn, line+"\n")
	require.NoError(c, err)
}

func arrives(t *testing.T, from chan string, want string) {
	t.Helper()
	select {
	case line := <-from:
		require.Equal(t, want, line)
	case <-time.After(time.Minute):
		t.Fatalf("waited in vain for %q", want)
	}
}

// link is a whole link to an echo, and where it is reached.
func link(t *testing.T) (l *Link, address string, heard chan string) {
	t.Helper()
	target, heard := echo(t)
	l = NewLink(target)
	near, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // closed below
	require.NoError(t, err)
	t.Cleanup(func() { _ = near.Close() })
	go func() { _ = l.Serve(near) }()
	return l, near.Addr().String(), heard
}

// met waits until the mode of a link was met so often.
func met(t *testing.T, l *Link, times int) {
	t.Helper()
	require.Eventually(t, func() bool {
		l.mu.Lock()
		defer l.mu.Unlock()
		return l.met >= times
	}, time.Minute, time.Millisecond)
}

func set(t *testing.T, l *Link, mode Mode) (met int) {
	t.Helper()
	met, err := l.Set(mode)
	require.NoError(t, err)
	return met
}

// What is held by a cut goes on when it heals, late and whole.
func TestACutHoldsBothWaysUntilItHeals(t *testing.T) {
	l, address, heard := link(t)
	c := dial(t, address)
	c.say("before")
	arrives(t, heard, "before")
	arrives(t, c.lines, "before")
	set(t, l, Cut)
	c.say("meanwhile")
	late := dial(t, address) // whoever calls now waits, too
	late.say("late")
	met(t, l, 2)
	assert.Empty(t, heard)
	assert.GreaterOrEqual(t, set(t, l, Whole), 2, "it was met")
	arrives(t, c.lines, "meanwhile")
	arrives(t, late.lines, "late")
	assert.Zero(t, set(t, l, Whole), "a whole link is not met")
}

// The caller hangs up while its request is held: the request arrives all the same, as
// one does that is already on its way.
func TestARequestArrivesAfterItsCallerLeft(t *testing.T) {
	l, address, heard := link(t)
	c := dial(t, address)
	c.say("hello")
	arrives(t, heard, "hello")
	arrives(t, c.lines, "hello")
	set(t, l, Cut)
	c.say("pay")
	met(t, l, 1)
	require.NoError(t, c.Close())
	assert.Empty(t, heard)
	set(t, l, Whole)
	arrives(t, heard, "pay")
}

// Who has said all, and is yet to be answered, is answered: the end of what was said
// comes after it, held or not.
func TestTheEndComesAfterWhatWasSaid(t *testing.T) {
	l, address, heard := link(t)
	set(t, l, Cut)
	c := dial(t, address)
	c.say("last")
	tcp, is := c.Conn.(*net.TCPConn)
	require.True(t, is)
	require.NoError(t, tcp.CloseWrite())
	met(t, l, 1)
	set(t, l, Whole)
	arrives(t, heard, "last")
	arrives(t, heard, "end")
	arrives(t, c.lines, "last")
}

// One way alone: the request takes effect, and its answer is held; or the request is.
func TestOneWayIsCutAlone(t *testing.T) {
	l, address, heard := link(t)
	c := dial(t, address)
	c.say("one")
	arrives(t, heard, "one")
	arrives(t, c.lines, "one")

	set(t, l, NoAnswers)
	c.say("two")
	arrives(t, heard, "two")
	met(t, l, 1)
	assert.Empty(t, c.lines)
	set(t, l, Whole)
	arrives(t, c.lines, "two")

	set(t, l, NoRequests)
	c.say("three")
	met(t, l, 1)
	assert.Empty(t, heard)
	set(t, l, Whole)
	arrives(t, heard, "three")
}

// A reset loses what was held, and tells both.
func TestAResetLosesWhatWasHeld(t *testing.T) {
	l, address, heard := link(t)
	c := dial(t, address)
	c.say("one")
	arrives(t, heard, "one")
	arrives(t, c.lines, "one")
	set(t, l, NoRequests)
	c.say("lost")
	met(t, l, 1)
	l.Reset()
	arrives(t, heard, "end")
	_, more := <-c.lines
	assert.False(t, more, "the caller's connection has ended")
	set(t, l, Whole)
	again := dial(t, address)
	again.say("next")
	arrives(t, heard, "next")
}

// Slow and reordered links lose nothing and keep each connection's order.
func TestSlowAndReorderedLinksKeepAConnectionsOrder(t *testing.T) {
	for _, mode := range []Mode{Slow, Reordered} {
		l, address, _ := link(t)
		set(t, l, mode)
		c := dial(t, address)
		for _, line := range []string{"1", "2", "3"} {
			c.say(line)
		}
		for _, line := range []string{"1", "2", "3"} {
			arrives(t, c.lines, line)
		}
		assert.Positive(t, set(t, l, Whole), "%s was met", mode)
	}
}

// A link that leads elsewhere ends what it carried.
func TestALinkLeadsElsewhere(t *testing.T) {
	l, address, heard := link(t)
	c := dial(t, address)
	c.say("one")
	arrives(t, heard, "one")
	other, heardThere := echo(t)
	l.Lead(other)
	arrives(t, heard, "end")
	next := dial(t, address)
	next.say("two")
	arrives(t, heardThere, "two")
}

func TestTheBoardChangesALink(t *testing.T) {
	l, address, heard := link(t)
	board := httptest.NewServer(Board{"a/b": l})
	t.Cleanup(board.Close)
	post := func(query string) (status int, answer string) {
		t.Helper()
		response, err := http.Post(board.URL+"/?"+query, "", nil) //nolint:gosec,noctx // this test's own
		require.NoError(t, err)
		defer response.Body.Close()
		text, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		return response.StatusCode, strings.TrimSpace(string(text))
	}
	status, _ := post("link=a/c&mode=cut")
	assert.Equal(t, http.StatusNotFound, status)
	status, _ = post("link=a/b&mode=odd")
	assert.Equal(t, http.StatusBadRequest, status)
	status, answer := post("link=a/b&mode=cut")
	assert.Equal(t, http.StatusOK, status)
	assert.Equal(t, "0", answer)
	c := dial(t, address)
	c.say("held")
	met(t, l, 1)
	_, answer = post("link=a/b&mode=whole&reset=true")
	assert.NotEqual(t, "0", answer)
	assert.Empty(t, heard)
}
