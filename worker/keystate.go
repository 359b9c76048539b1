package main

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"foxflow/foxreload"
)

const (
	// keyLookAgain is the time between questions about a key of which nothing is known,
	// or which is refused: an accepted one is never asked about.
	keyLookAgain = 30 * time.Second
	// keyLookTakes bounds one question, its place in the budget's queue included.
	keyLookTakes = 45 * time.Second
)

// keyState is what FoxReload last said of the partner key, by the answers to any
// call: it costs no request of its own while there are any.
type keyState struct {
	mu      sync.Mutex
	known   bool
	status  int // 401 or 403 while it is refused; else 0
	since   time.Time
	now     func() time.Time
	changed func(status int) // told of each change, with 0 for an accepted key
}

var _ foxreload.Observer = (*keyState)(nil)

// Unreadable says nothing of the key.
func (*keyState) Unreadable(foxreload.Sent) {}

// Call takes an answer in. A server in trouble, or no answer, says nothing of the
// key; any other answer than 401 and 403 was given to somebody it knows.
func (k *keyState) Call(context.Context, foxreload.Sent) func(foxreload.Ended) {
	return func(e foxreload.Ended) {
		switch {
		case e.Status == http.StatusUnauthorized, e.Status == http.StatusForbidden:
			k.set(e.Status)
		case e.Status/100 == 2, e.Status/100 == 4 && e.Status != http.StatusTooManyRequests && e.Status != http.StatusRequestTimeout:
			k.set(0)
		}
	}
}

func (k *keyState) set(status int) {
	k.mu.Lock()
	changed := k.known && k.status != status || !k.known && status != 0
	if !k.known || k.status != status {
		k.since = k.now()
	}
	k.known, k.status = true, status
	k.mu.Unlock()
	if changed && k.changed != nil {
		k.changed(status)
	}
}

func (k *keyState) check() (remark string, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	switch {
	case !k.known:
		return "not known yet: FoxReload has not answered a call", nil
	case k.status != 0:
		return "", fmt.Errorf("FoxReload refuses the key or this address (HTTP %d) since %s: check FOXRELOAD_API_KEY and the key's IP allowlist; orders wait and go on by themselves",
			k.status, k.since.UTC().Format(time.RFC3339))
	}
	return "", nil
}

// settled says that nobody needs to ask.
func (k *keyState) settled() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.known && k.status == 0
}

// ask finds out about the key at the start, and again while it is refused or no
// call has said anything: the cheapest call there is, behind all others.
func (k *keyState) ask(ctx context.Context, account func(context.Context) (foxreload.Account, error)) {
	for ticker := time.NewTicker(keyLookAgain); ; {
		if !k.settled() {
			asking, cancel := context.WithTimeout(foxreload.WithPriority(ctx, foxreload.PriorityPoll), keyLookTakes)
			_, _ = account(asking) // Call sees the answer
			cancel()
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			ticker.Stop()
			return
		}
	}
}
