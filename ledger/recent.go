package ledger

import (
	"sync"
	"time"
)

const (
	// recentFor is how long what was read is taken for what is there.
	recentFor = 10 * time.Second
	// recentMost bounds what is kept in memory.
	recentMost = 2000
)

// recent keeps, by name, what was read of the ledger a moment ago, and is read for every order.
// Use it for what may be a moment old; what is not there is not kept.
type recent[V any] struct {
	mu   sync.Mutex
	kept map[string]recently[V]
}

type recently[V any] struct {
	value V
	read  time.Time
}

func (r *recent[V]) get(name string, now time.Time) (value V, there bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	one, there := r.kept[name]
	if age := now.Sub(one.read); !there || age < 0 || age >= recentFor {
		return value, false
	}
	return one.value, true
}

func (r *recent[V]) keep(name string, value V, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.kept == nil || len(r.kept) >= recentMost {
		r.kept = map[string]recently[V]{}
	}
	r.kept[name] = recently[V]{value, now}
}

func (r *recent[V]) drop(name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.kept, name)
}
