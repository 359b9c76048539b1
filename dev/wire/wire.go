// Package wire is what lies between hosts in tests: a relay that has each link of a
// caller to whom it calls, and can cut, slow and heal each alone. What TCP promises
// stays so: bytes of a connection come in their order, or the connection ends.
//
// It must never know what goes over its links.
package wire

import (
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"time"
)

// Mode is how a link is.
type Mode string

const (
	Whole      Mode = "whole"       // everything goes through
	Cut        Mode = "cut"         // nothing goes through, and nobody is told
	NoRequests Mode = "no-requests" // nothing goes from the caller; answers of old do
	NoAnswers  Mode = "no-answers"  // nothing comes back to the caller; requests go through
	Slow       Mode = "slow"        // everything takes long
	Reordered  Mode = "reordered"   // connections overtake each other
)

// direction of bytes on a link.
type direction bool

const (
	request direction = true
	answer  direction = false
)

// stops says whether bytes have to wait until the mode changes.
func (m Mode) stops(way direction) bool {
	return m == Cut || m == NoRequests && way == request || m == NoAnswers && way == answer
}

// How a slow link and one that reorders delay what goes over them.
const (
	slowLeast     = 200 * time.Millisecond
	slowRate      = 50_000 // bytes a second
	reorderedMost = 1500 * time.Millisecond
)

// delays is how long so many bytes take.
func (m Mode) delays(bytes int) time.Duration {
	switch m {
	case Slow:
		return slowLeast + time.Duration(bytes)*time.Second/slowRate
	case Reordered:
		return rand.N(reorderedMost) //nolint:gosec // chance, no secret
	default:
		return 0
	}
}

// Link is a caller's way to somebody.
type Link struct {
	mu      sync.Mutex
	target  string // host:port
	mode    Mode
	changed chan struct{} // closed when the mode changes
	met     int           // times that bytes or a call met a mode other than Whole, since it was set
	carried map[*call]struct{}
}

// NewLink is a whole link to a host and port.
func NewLink(target string) *Link {
	return &Link{target: target, mode: Whole, changed: make(chan struct{}), carried: map[*call]struct{}{}}
}

// Set changes the mode, and returns how often the mode before was met. What was held by
// it goes on.
func (l *Link) Set(mode Mode) (met int, err error) {
	switch mode {
	case Whole, Cut, NoRequests, NoAnswers, Slow, Reordered:
	default:
		return 0, fmt.Errorf("%q is no mode of a link", mode)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	met, l.met, l.mode = l.met, 0, mode
	close(l.changed)
	l.changed = make(chan struct{})
	return met, nil
}

// Reset ends all connections, as a host does that knows nothing of them: what was held
// is lost.
func (l *Link) Reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for c := range l.carried {
		c.end()
	}
}

// Lead has the link go elsewhere from now on; its connections end.
func (l *Link) Lead(target string) {
	l.mu.Lock()
	l.target = target
	l.mu.Unlock()
	l.Reset()
}

// Serve carries what comes in until the listener is closed.
func (l *Link) Serve(listener net.Listener) error {
	for {
		caller, err := listener.Accept()
		if err != nil {
			return err
		}
		go l.carry(caller)
	}
}

// call is one connection: the caller's end and, once there is one, the other.
type call struct {
	ended chan struct{}
	once  sync.Once
	mu    sync.Mutex
	ends  []net.Conn
}

// end breaks the connection off on both sides.
func (c *call) end() {
	c.once.Do(func() {
		close(c.ended)
		c.mu.Lock()
		defer c.mu.Unlock()
		for _, conn := range c.ends {
			abort(conn)
		}
	})
}

// add gives the call another end.
func (c *call) add(conn net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ends = append(c.ends, conn)
	select {
	case <-c.ended:
		abort(conn)
	default:
	}
}

// abort closes a connection so that the other side is told that it broke.
func abort(conn net.Conn) {
	if tcp, is := conn.(*net.TCPConn); is {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}

func (l *Link) carry(caller net.Conn) {
	c := &call{ended: make(chan struct{})}
	c.add(caller)
	l.mu.Lock()
	l.carried[c] = struct{}{}
	l.mu.Unlock()
	defer func() {
		l.mu.Lock()
		delete(l.carried, c)
		l.mu.Unlock()
		c.end()
	}()
	if !l.pass(c, request, 0) { // a call waits, as its bytes would
		return
	}
	l.mu.Lock()
	target := l.target
	l.mu.Unlock()
	called, err := net.DialTimeout("tcp", target, 5*time.Second)
	if err != nil {
		return
	}
	c.add(called)
	var both sync.WaitGroup
	both.Go(func() { l.pump(c, request, caller, called) })
	both.Go(func() { l.pump(c, answer, called, caller) })
	both.Wait()
}

// pump carries one direction of a call to its end.
func (l *Link) pump(c *call, way direction, from, to net.Conn) {
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		if n > 0 {
			if !l.pass(c, way, n) {
				return
			}
			if _, err := to.Write(buffer[:n]); err != nil {
				c.end()
				return
			}
		}
		if err == nil {
			continue
		}
		if tcp, is := to.(*net.TCPConn); is && l.pass(c, way, 0) { // the end comes after the bytes, as they do
			_ = tcp.CloseWrite()
		}
		return
	}
}

// pass returns once so many bytes may go on; false: the call has ended.
func (l *Link) pass(c *call, way direction, bytes int) bool {
	for {
		l.mu.Lock()
		mode, changed := l.mode, l.changed
		wait := mode.delays(bytes)
		if wait > 0 || mode.stops(way) {
			l.met++
		}
		l.mu.Unlock()
		if mode.stops(way) {
			select {
			case <-changed:
				continue
			case <-c.ended:
				return false
			}
		}
		if wait == 0 {
			return true
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
			return true
		case <-changed:
			timer.Stop()
		case <-c.ended:
			timer.Stop()
			return false
		}
	}
}
