package store

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestServersTimeIsCountedOnForAWhile(t *testing.T) {
	t.Parallel()
	here := time.Now()
	m := &moment{server: noon, here: here}
	at, good := m.on(here.Add(time.Second))
	require.True(t, good)
	require.Equal(t, noon.Add(time.Second), at)
	_, good = m.on(here.Add(counted))
	require.False(t, good, "not for long")
}

// The answer that took less time counts: one that was late would have the clock go back.
func TestLateAnswerDoesNotSetTheClockBack(t *testing.T) {
	t.Parallel()
	c := &serverClock{}
	c.tell(noon)
	first := c.told.Load()
	c.tell(noon.Add(-time.Second))
	require.Same(t, first, c.told.Load())
	c.tell(noon.Add(time.Second))
	require.NotSame(t, first, c.told.Load(), "a later one sets it forward")
	c.told.Store(&moment{noon.Add(time.Hour), time.Now().Add(-counted)})
	c.tell(noon)
	at, _ := c.told.Load().on(time.Now())
	require.WithinDuration(t, noon, at, time.Minute, "one of long ago says nothing")
}
