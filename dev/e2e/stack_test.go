package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"syscall"
	"testing"

	"foxflow/dev/stage"

	"github.com/stretchr/testify/require"
)

// stack is a stage's stack, with what the stories here ask and do.
type stack struct {
	*stage.Stack
	other string // host:port of the other worker's health and metrics, where there is one
}

// The stage's words, as the stories use them.
type (
	process = stage.Process
	result  = stage.Result
)

var (
	launch   = stage.Launch
	binary   = stage.Binary
	freePort = stage.FreePort
)

const patience = stage.Patience

// option changes a stack before it is started.
type option func(*stack)

func with(name, value string) option { return func(s *stack) { s.Env[name] = value } }
func withCodec(s *stack)             { stage.WithCodec(s.Stack) }
func withPostgres(s *stack)          { stage.WithPostgres(s.Stack) }
func ownTemporal(s *stack)           { stage.OwnTemporal(s.Stack) }

// newStack starts Temporal, simulator and worker. simulatorFlags come on top of
// quick delivery without a rate limit.
func newStack(t *testing.T, simulatorFlags []string, options ...option) *stack {
	t.Helper()
	var changes []stage.Option
	for _, o := range options {
		changes = append(changes, func(s *stage.Stack) { o(&stack{Stack: s}) })
	}
	return &stack{Stack: stage.New(t, simulatorFlags, changes...)}
}

// emptyStack is a stack of which nothing runs yet.
func emptyStack(t *testing.T) *stack { return &stack{Stack: stage.Empty(t)} }

// copied is the stack once more: what is changed there is not changed here.
func (s *stack) copied() *stack {
	inner, outer := *s.Stack, *s
	outer.Stack = &inner
	return &outer
}

// ref is a reference that no other stack on the same Temporal server uses: one
// ledger goes with one namespace, and foxflow holds us to it.
func (s *stack) ref(name string) string { return name + "-" + s.Queue }

// order is the JSON of "starter status".
type order struct {
	Reference      string  `json:"reference"`
	OrderID        *string `json:"orderId"`
	State          string  `json:"state"`
	CancelReason   *string `json:"cancelReason"`
	WaitingFor     *string `json:"waitingFor"`
	WaitingForCode *string `json:"waitingForCode"`
	Replacements   int     `json:"replacements"`
	Items          []struct {
		Codes   int `json:"codes"`
		Missing int `json:"missing"`
	} `json:"items"`
	Error *struct{ Code, Message string } `json:"error"`
}

func (s *stack) status(reference string) order {
	s.Helper()
	var o order
	s.json(&o, "status", reference)
	return o
}

func (s *stack) json(into any, args ...string) {
	s.Helper()
	require.NoError(s, json.Unmarshal([]byte(s.Must("starter", append(args, "-o", "json")...)), into))
}

// until waits for an order to be in one of the states.
func (s *stack) until(reference string, states ...string) order {
	s.Helper()
	var o order
	s.Eventually(fmt.Sprintf("%s to be %v", reference, states), func() bool {
		o = s.status(reference)
		for _, state := range states {
			if o.State == state {
				return true
			}
		}
		return false
	})
	return o
}

// happens waits for a channel to be closed.
func (s *stack) happens(what string, closed <-chan struct{}) {
	s.Helper()
	s.Eventually(what, func() bool {
		select {
		case <-closed:
			return true
		default:
			return false
		}
	})
}

func (s *stack) setBalance(usd string) {
	s.Helper()
	s.Admin(http.MethodPost, "/admin/balances", fmt.Sprintf(`{"currency":"usd","set":%q}`, usd), nil)
}

// debits are the orders that money was taken for, by order id.
func (s *stack) debits() map[string]int {
	s.Helper()
	var answer struct {
		Debits []struct {
			OrderID string `json:"orderId"`
		} `json:"debits"`
	}
	s.Admin(http.MethodGet, "/admin/debits", "", &answer)
	times := map[string]int{}
	for _, d := range answer.Debits {
		times[d.OrderID]++
	}
	return times
}

// signal sends a process a signal that does not end it.
func (s *stack) signal(name string, signal syscall.Signal) {
	s.Helper()
	require.NoError(s, s.Processes[name].Cmd.Process.Signal(signal))
}
