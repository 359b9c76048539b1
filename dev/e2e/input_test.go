package e2e

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// Bad input of every kind ends with the status that the interface promises and
// words that name the field, and starts nothing.
func TestBadInput(t *testing.T) {
	t.Parallel()
	s := newStack(t, nil)
	csv := s.Write("bad.csv", "reference,item,quantity,note,mock,max_price\nok-1,"+giftCard+",1,,,\nbad ref,"+giftCard+",0,,maybe,-1\n")
	for name, c := range map[string]struct {
		args []string
		code int
		says string
	}{
		"no reference":        {[]string{"place", "--item", giftCard}, 2, "reference"},
		"wrong reference":     {[]string{"place", "--reference", "a\u200bb", "--item", giftCard}, 2, "reference"},
		"no item":             {[]string{"place", "--reference", "x"}, 2, "item"},
		"wrong quantity":      {[]string{"place", "--reference", "x", "--item", giftCard + ":none"}, 2, "quantity"},
		"quantity of nothing": {[]string{"place", "--reference", "x", "--item", giftCard + ":0"}, 2, "quantity"},
		"note without item":   {[]string{"place", "--reference", "x", "--note", "player_id=1"}, 2, "note"},
		"note without value":  {[]string{"place", "--reference", "x", "--item", giftCard, "--note", "player_id"}, 2, "note"},
		"wrong price":         {[]string{"place", "--reference", "x", "--item", giftCard, "--max-price", "much"}, 2, "max-price"},
		"provider, no return": {[]string{"place", "--reference", "x", "--item", giftCard, "--provider", "pally"}, 2, "return-url"},
		"bad file":            {[]string{"place", "--file", csv}, 2, "bad.csv:3"},
		"no file":             {[]string{"place", "--file", "nowhere.csv"}, 2, "nowhere.csv"},
		"unknown command":     {[]string{"plaice"}, 2, "plaice"},
		"unknown flag":        {[]string{"list", "--sate", "paid"}, 2, "sate"},
		"unknown state":       {[]string{"list", "--state", "lost"}, 2, "lost"},
		"unknown output":      {[]string{"list", "-o", "xml"}, 2, "xml"},
		"unknown reference":   {[]string{"status", "nobody"}, 1, "nobody"},
		"codes of nobody":     {[]string{"codes", "nobody"}, 1, "nobody"},
		"cancel of nobody":    {[]string{"cancel", "nobody"}, 1, "nobody"},
		"top-up of nobody":    {[]string{"top-up"}, 2, "reference"},
	} {
		t.Run(name, func(t *testing.T) {
			r := s.Starter(c.args...)
			assert.Equal(t, c.code, r.Code, r.Stderr)
			assert.Contains(t, r.Stderr, c.says)
			assert.Empty(t, r.Stdout)
		})
	}
	for name, value := range map[string]string{
		"FOXFLOW_POLL_INITIAL": "soon", "FOXFLOW_TASK_QUEUE": " ", "FOXRELOAD_REQUESTS_PER_MINUTE": "0",
		"FOXRELOAD_BASE_URL": "http://shop.example", "FOXRELOAD_IDEMPOTENCY_KEY": "header",
	} {
		t.Run(name, func(t *testing.T) {
			s.Env[name] = value
			defer delete(s.Env, name)
			programs := []result{s.Starter("list")}
			if name != "FOXFLOW_POLL_INITIAL" { // intervals are the starter's
				programs = append(programs, s.Command("worker"))
			}
			for _, program := range programs {
				assert.Equal(t, 2, program.Code, program.Stderr)
				assert.Contains(t, program.Stderr, name)
			}
		})
	}
	var orders struct{ Orders []order }
	s.json(&orders, "list")
	assert.Empty(t, orders.Orders, "nothing was started")
}
