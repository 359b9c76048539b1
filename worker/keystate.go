package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"foxflow/foxreload"
)

const (
	// keyLookAgain is the least time between two questions about the key. They are asked
	// while nothing good is known of it, and once others than FoxReload, or nobody, answered
	// a call.
	keyLookAgain = time.Minute
	// keyGoodFor is how long FoxReload's word holds where no call brings a new one: a key
	// that is revoked in a quiet night is to be known before the first order of the day.
	keyGoodFor = 10 * time.Minute
	// keySilence is how long questions may stay without an answer that says anything.
	keySilence = 2 * time.Minute
	// keyLook is how often it is looked whether there is something to ask.
	keyLook = time.Second
	// keyLookTakes bounds one question, its place in the budget's queue included.
	keyLookTakes = 45 * time.Second
)

// keyStanding is what is known of the partner key.
type keyStanding int

const (
	keyUnknown  keyStanding = iota // nobody has said anything yet
	keyAccepted                    // FoxReload answers it
	keyRefused                     // 401 or 403: the key, or this machine's address
	keyForeign                     // whoever answers is not FoxReload
)

// keyState is what FoxReload last said of the partner key, by the answers to any
// call: it costs no request of its own while there are any.
type keyState struct {
	mu       sync.Mutex
	standing keyStanding
	status   int  // the HTTP status behind standing
	doubted  bool // since then a call was answered by somebody else than FoxReload, or by nobody
	since    time.Time
	heard    time.Time // FoxReload's last word
	silent   time.Time // since when questions are answered with nothing; zero: they are not
	now      func() time.Time
	changed  func(to keyStanding, status int) // told of each change but to a first accepted
}

var _ foxreload.Observer = (*keyState)(nil)

// Unreadable says nothing of the key.
func (*keyState) Unreadable(foxreload.Sent) {}

// Call reads an answer. That of the account says the most, once it is read: ask
// judges it.
func (k *keyState) Call(_ context.Context, sent foxreload.Sent) func(foxreload.Ended) {
	return func(e foxreload.Ended) {
		switch {
		case sent == foxreload.AccountCall:
		case foreign(e), e.Status == 0, e.Status/100 == 5:
			k.doubt()
		default:
			k.hear(e)
		}
	}
}

// foreign says that somebody else than FoxReload answered. A success that is not in
// its form is no proof of that: a payment may be answered by nothing at all.
func foreign(e foxreload.Ended) bool {
	return e.Class == foxreload.ClassForeign || e.Class == foxreload.ClassMisdirected
}

// silent are the refusals that are said to anybody.
var silent = []int{http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests}

// hear takes FoxReload's word. A server in trouble, or no answer, says nothing of the
// key; any other answer than a refused key was given to somebody it knows.
func (k *keyState) hear(e foxreload.Ended) {
	switch {
	case e.Class == foxreload.ClassUnauthorised:
		k.set(keyRefused, e.Status)
	case e.FromAPI && (e.Status/100 == 2 || e.Status/100 == 4 && !slices.Contains(silent, e.Status)):
		k.set(keyAccepted, e.Status)
	}
}

// judge takes the answer to the one call that is about the key alone. Where that is
// not FoxReload's, its address is wrong, whatever came.
func (k *keyState) judge(err error) {
	var api *foxreload.Error
	switch {
	case err == nil:
		k.set(keyAccepted, http.StatusOK)
	case !errors.As(err, &api), api.Code == foxreload.CodeNotSent: // nobody was asked
	case api.Status == 0, api.Status/100 == 5:
		k.silence()
	case api.Class == foxreload.ClassForeign, api.Class == foxreload.ClassMisdirected, api.Code == foxreload.CodeMalformed && api.Status/100 == 2:
		k.set(keyForeign, api.Status)
	default:
		k.hear(foxreload.Ended{Status: api.Status, Class: api.Class, FromAPI: true})
	}
}

func (k *keyState) set(to keyStanding, status int) {
	k.mu.Lock()
	changed := k.standing != to || to != keyAccepted && k.status != status
	tell := changed && (k.standing != keyUnknown || to != keyAccepted)
	if changed {
		k.since = k.now()
	}
	k.standing, k.status, k.doubted, k.heard, k.silent = to, status, false, k.now(), time.Time{}
	k.mu.Unlock()
	if tell && k.changed != nil {
		k.changed(to, status)
	}
}

// silence is a question that got no answer, or one of a server in trouble.
func (k *keyState) silence() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.doubted = true; k.silent.IsZero() {
		k.silent = k.now()
	}
}

// doubt has the account asked for again; until it answers, the last word stands.
func (k *keyState) doubt() {
	k.mu.Lock()
	k.doubted = true
	k.mu.Unlock()
}

func (k *keyState) check() (remark string, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	since := k.since.UTC().Format(time.RFC3339)
	switch k.standing {
	case keyUnknown, keyAccepted:
		if !k.silent.IsZero() && k.now().Sub(k.silent) >= keySilence {
			return "", fmt.Errorf("nothing that could be used has come from FoxReload since %s: check FOXRELOAD_BASE_URL and the way there, or wait until FoxReload is back; orders wait and go on by themselves",
				k.silent.UTC().Format(time.RFC3339))
		}
	}
	switch k.standing {
	case keyUnknown:
		return "not known yet: FoxReload has not answered a call", nil
	case keyRefused:
		return "", fmt.Errorf("FoxReload refuses the key or this address (HTTP %d) since %s: check FOXRELOAD_API_KEY and the key's IP allowlist; orders wait and go on by themselves",
			k.status, since)
	case keyForeign:
		return "", fmt.Errorf("whoever answers %s is not FoxReload (HTTP %d) since %s: mend FOXRELOAD_BASE_URL and restart, or mend the proxy on the way; orders wait",
			foxreload.AccountCall, k.status, since)
	default:
		return "", nil
	}
}

// settled says that nobody needs to ask.
func (k *keyState) settled() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.standing == keyAccepted && !k.doubted && k.now().Sub(k.heard) < keyGoodFor
}

// ask finds out about the key at the start, and again while it is not settled, or while
// others want a new answer: the cheapest call there is, behind all others.
func (k *keyState) ask(ctx context.Context, account func(context.Context) (foxreload.Account, error), others func() bool) {
	for last := (time.Time{}); ; {
		if wanted := !k.settled() || others(); wanted && k.now().Sub(last) >= keyLookAgain {
			last = k.now()
			asking, cancel := context.WithTimeout(foxreload.WithPriority(ctx, foxreload.PriorityPoll), keyLookTakes)
			_, err := account(asking)
			cancel()
			if ctx.Err() != nil {
				return
			}
			k.judge(err)
		}
		select {
		case <-time.After(keyLook):
		case <-ctx.Done():
			return
		}
	}
}
