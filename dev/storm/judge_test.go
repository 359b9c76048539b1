package storm

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A judge who can't condemn proves nothing: each promise, broken in an otherwise
// sound case, is found, and nothing else is.
// Promise 1: one reference, one paid order. Promise 2: nothing is guessed.
// Promise 3: nothing is lost. Promise 4: each state is on record.
func TestStormJudgeFindsEachBreach(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(e *evidence)
		rule  string
	}{
		"sound":                     {func(*evidence) {}, ""},
		"an order is lost":          {func(e *evidence) { e.orders = e.orders[1:] }, "every reference is at its end"},
		"an order hangs":            {func(e *evidence) { e.orders[0].State = "blocked" }, "every reference is at its end"},
		"an order is given up":      {func(e *evidence) { e.orders[0].State = "unresolved" }, "an order ends as it must"},
		"completed without a debit": {func(e *evidence) { e.money = append(e.money[:1], credit("9.55")) }, "an order ends as it must"},
		"a mock order is paid": {func(e *evidence) {
			e.plan[0].mock, e.plan[0].ends, e.orders[0].Mock = true, []ending{free}, true
		}, "an order ends as it must"},
		"cancelled, yet paid":       {func(e *evidence) { e.takenBack["a"] = true }, "an order ends as it must"},
		"a stranger on record":      {func(e *evidence) { e.plan = nil }, "nothing is on record that was not ordered"},
		"one order paid twice":      {func(e *evidence) { e.money = append(e.money, e.money[1], credit("9.55")) }, "one order id, one payment"},
		"two orders of a reference": {func(e *evidence) { payAnother(e, "two", "key-2") }, "one reference, one payment"},
		"two orders of a key":       {func(e *evidence) { payAnother(e, "two", "key-1") }, "one idempotency key, one payment"},
		"an orphan is paid": {func(e *evidence) {
			e.money = append(e.money, debit("orphan", "key-2", "9.55", 6), credit("9.55"))
			e.fox = append(e.fox, foxOrder{ID: "orphan", Price: "9.55"})
		}, "only pinned orders are paid"},
		"an order of two references": {func(e *evidence) {
			e.audit = append(e.audit, entry{Reference: "b", Seq: 1, Kind: "state", State: "creating", OrderID: id("one")})
		}, "an order id belongs to one reference"},
		"another price is taken":       {func(e *evidence) { e.money[1].Amount = "9.56" }, "an order is paid at its price"},
		"money vanished":               {func(e *evidence) { e.balances["usd"] = "90.44" }, "debits are the fall of the balance"},
		"a code is lost":               {func(e *evidence) { e.codes["a"] = e.codes["a"][1:] }, "every delivered code can be read"},
		"a code came twice, kept once": {func(e *evidence) { e.fox[0].Items[0].ExternalData = json.RawMessage(`["A","A",{"b":1,"c":2},7]`) }, "every delivered code can be read"},
		"a foreign code":               {func(e *evidence) { e.codes["a"] = append(e.codes["a"], json.RawMessage(`"X"`)) }, "every delivered code can be read"},
		"codes are sealed for ever":    {func(e *evidence) { e.mute["a"] = "no key" }, "every delivered code can be read"},
		"paid without intent":          {func(e *evidence) { e.audit[3].Kind = "note" }, "no payment before its record"},
		"paid before its intent":       {func(e *evidence) { e.audit[3].At = at(30) }, "no payment before its record"},
		"created without intent":       {func(e *evidence) { e.audit[1].Kind = "note" }, "no payment before its record"},
		"paid before it was active":    {func(e *evidence) { e.audit[2].At = at(30) }, "no payment before its record"},
		"a chain is broken":            {func(e *evidence) { e.chains.Broken = []brokenChain{{"a", "cut off"}} }, "every chain is whole"},
		"a log with a gap":             {func(e *evidence) { e.audit[4].Seq = 9 }, "a log has no gap"},
		"a step nobody can take":       {func(e *evidence) { e.audit[4].State = "unresolved" }, "a log is a legal walk"},
		"walked again without a reset": {func(e *evidence) { again(e) }, "a log is a legal walk"},
		"unpaid after it was paid": {func(e *evidence) {
			e.audit = append(e.audit[:5:5], record(6, "state", "blocked", nil), record(7, "state", "active", nil), record(8, "state", "completed", nil))
		}, "what is paid stays paid"},
		"a mock order was not asked for":   {func(e *evidence) { e.orders[0].Mock = true }, "an order stays what was ordered"},
		"a code is not counted":            {func(e *evidence) { e.orders[0].Items[0].Codes = 2 }, "an order counts its codes"},
		"it shows another price":           {func(e *evidence) { e.orders[0].Price = id("9.54") }, "an order shows what it cost"},
		"it stands elsewhere than its log": {func(e *evidence) { e.audit = e.audit[:5] }, "an order stands where its log ends"},
	} {
		t.Run(name, func(t *testing.T) {
			e := sound()
			c.spoil(e)
			v := judge(e)
			if c.rule == "" {
				require.Empty(t, v.breaches)
				return
			}
			var rules []string
			for _, b := range v.breaches {
				rules = append(rules, b.rule)
			}
			assert.Contains(t, strings.Join(rules, "\n"), c.rule)
		})
	}
	for _, walk := range []func(*evidence){again, pausedAtOnce} {
		e := sound()
		walk(e)
		require.NotEmpty(t, judge(e).breaches)
		e.reset["a"] = 1
		require.Empty(t, judge(e).breaches, "an order that was reset may walk again")
	}
}

// sound is one order as it should be: created, paid at second 5, delivered.
func sound() *evidence {
	e := &evidence{
		plan:  []planned{{reference: "a", kind: "ordinary", ends: []ending{delivered}}},
		reset: map[string]int{}, takenBack: map[string]bool{}, mute: map[string]string{},
		orders: []listed{{Reference: "a", OrderID: id("one"), State: "completed", Price: id("9.55")}},
		audit: []entry{record(1, "state", "creating", nil), record(2, "intent", "creating", nil), record(3, "state", "active", id("one")),
			record(4, "intent", "active", id("one")), record(5, "state", "paid", id("one")), record(6, "state", "completed", id("one"))},
		codes:    map[string][]json.RawMessage{"a": {json.RawMessage(`"A"`), json.RawMessage(`{"c":2,"b":1}`), json.RawMessage(`"7"`)}},
		fox:      []foxOrder{{ID: "one", IdempotencyKey: "key-1", Price: "9.55"}},
		money:    []movement{credit("100"), debit("one", "key-1", "9.55", 5)},
		balances: map[string]string{"usd": "90.45"},
	}
	e.fox[0].Items = []foxItem{{"p", json.RawMessage(`["A",{"b":1,"c":2},7,null]`)}}
	e.orders[0].Items = []listedItem{{"p", 3}}
	return e
}

func payAnother(e *evidence, order, key string) {
	e.audit = append(e.audit[:5:5], record(6, "intent", "active", id(order)), record(7, "state", "completed", id(order)))
	e.fox = append(e.fox, foxOrder{ID: order, IdempotencyKey: key, Price: "9.55"})
	e.money = append(e.money, debit(order, key, "9.55", 8), credit("9.55"))
}

// again lets the order walk a second time, as after a reset.
func again(e *evidence) {
	note := record(7, "note", "completed", id("one"))
	note.Reason = "the order's workflow was taken up again from an earlier point"
	e.audit = append(e.audit, note, record(8, "state", "creating", nil), record(9, "state", "completed", id("one")))
}

// pausedAtOnce lets it go from creating to paused, as an order may whose workflow
// has forgotten that it was created.
func pausedAtOnce(e *evidence) {
	again(e)
	e.audit = append(e.audit[:8:8], record(9, "state", "paused", id("one")), record(10, "state", "completed", id("one")))
}

func record(seq int, kind, state string, orderID *string) entry {
	return entry{Reference: "a", Seq: seq, Kind: kind, State: state, OrderID: orderID, At: at(seq)}
}

func at(second int) time.Time { return time.Unix(int64(second), 0) }

func id(text string) *string { return &text }

func credit(amount string) movement { return movement{Kind: "credit", Currency: "usd", Amount: amount} }

func debit(order, key, amount string, second int) movement {
	return movement{Kind: "debit", Currency: "usd", Amount: amount, OrderID: order, IdempotencyKey: key, At: at(second)}
}
