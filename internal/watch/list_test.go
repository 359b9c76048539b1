package watch

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"foxflow/activities"
	"foxflow/foxreload"
	"foxflow/ledger"
	"foxflow/order"
)

// crowd places a hundred orders that take a minute.
func crowd(s *shop, n int) {
	s.Helper()
	for i := range n {
		s.watched(fmt.Sprintf("%03d", i), processed(2*time.Second), done(time.Minute))
	}
}

func (s *shop) completed() (n int) {
	for _, w := range s.temporal.words() {
		if w.err == nil && w.outcome.Recorded == order.Completed {
			n++
		}
	}
	return n
}

// D20. A hundred open orders cost pages, not looks: where the list shows the codes, hardly
// any look at all; where it doesn't, about one for each order, as it ends.
func TestAHundredOrdersCostPages(t *testing.T) {
	for codes, most := range map[bool]int{true: 15, false: 100 + 15} {
		t.Run(fmt.Sprint("codes ", codes), func(t *testing.T) {
			s := newShop(t)
			for _, w := range s.watchers {
				w.PerMinute = 100
			}
			s.fox.withCodes = codes
			crowd(s, 100)
			s.after(55 * time.Second)
			looks, pages := s.fox.asked()
			assert.LessOrEqual(t, looks, 15, "to confirm the list, and what it leaves over")
			assert.LessOrEqual(t, pages, 8)
			assert.Equal(t, order.Processing, s.status("050").State)
			s.after(2 * time.Minute)
			looks, pages = s.fox.asked()
			t.Logf("%d looks, %d pages", looks, pages)
			assert.LessOrEqual(t, looks, most)
			assert.LessOrEqual(t, pages, 20)
			assert.Equal(t, 100, s.completed())
			for _, reference := range []string{"000", "050", "099"} {
				counts, err := s.book.Vault.Count(t.Context(), "fox-"+reference)
				require.NoError(t, err)
				assert.Equal(t, 1, counts[0], reference)
			}
		})
	}
}

// A crowd is larger than a page, and all of it paid within seconds: one walk sees them all. However
// a large page is refused, smaller ones are read.
func TestAWalkGoesOnToTheOrdersThatAreDue(t *testing.T) {
	for name, refused := range map[string]*foxreload.Error{
		"":                 {Code: "HTTP_422", Class: foxreload.ClassFinal, Status: 422},
		"by a proxy":       {Code: "HTTP_400", Class: foxreload.ClassForeign, Status: 400},
		"cut off by limit": {Code: foxreload.CodeMalformed, Class: foxreload.ClassPassing, Status: 200},
	} {
		t.Run("large pages are refused "+name, func(t *testing.T) {
			s := newShop(t)
			s.fox.withCodes, s.fox.largeFails = true, refused
			for _, w := range s.watchers {
				w.PerMinute = 100
			}
			crowd(s, 120)
			s.after(150 * time.Second)
			looks, pages := s.fox.asked()
			t.Logf("%d looks, %d pages", looks, pages)
			assert.Equal(t, 120, s.completed())
			assert.LessOrEqual(t, looks, 20, "what no page shows is looked at by itself")
		})
	}
}

// Whatever a list does, every order comes to its end, by looks of its own where it must.
func TestAListThatCannotBeTrusted(t *testing.T) {
	odd := func(o foxreload.Order) foxreload.Order { o.Status = "shipped"; return o }
	done := func(o foxreload.Order) foxreload.Order { o.Status = foxreload.StatusCompleted; return o }
	for name, c := range map[string]struct {
		list func(*fox)
		// most pages that are read before it is left alone
		pages int
		// trusted at the end; nil: as it falls out, since a walk may end before it has seen all
		trusted *bool
	}{
		"refused": {func(f *fox) {
			f.listFails = &foxreload.Error{Code: "NOT_FOUND", Class: foxreload.ClassNotFound, Status: 404}
		}, 2, new(false)},
		"refuses large pages": {func(f *fox) {
			f.largeFails = &foxreload.Error{Code: "HTTP_422", Class: foxreload.ClassFinal, Status: 422}
		}, 60, new(true)},
		"not to be read": {func(f *fox) {
			f.listFails = &foxreload.Error{Code: foxreload.CodeMalformed, Class: foxreload.ClassPassing, Status: 200}
		}, 2, new(false)},
		"away": {func(f *fox) {
			f.listFails = &foxreload.Error{Code: "HTTP_503", Class: foxreload.ClassPassing, Status: 503}
		}, 6, new(true)},
		"leaves an order out":   {func(f *fox) { f.leavesOut = "fox-007" }, 60, nil},
		"shows none of ours":    {func(f *fox) { f.bend = func(o foxreload.Order) foxreload.Order { o.ID = "else-" + o.ID; return o } }, 6, new(false)},
		"an hour behind":        {func(f *fox) { f.behind = time.Hour }, 12, new(false)},
		"status nobody knows":   {func(f *fox) { f.bend = odd }, 6, new(false)},
		"calls all completed":   {func(f *fox) { f.bend = done }, 6, new(false)},
		"the oldest come first": {func(f *fox) { f.oldestHead = true }, 60, new(true)},
	} {
		t.Run(name, func(t *testing.T) {
			s := newShop(t)
			c.list(s.fox)
			crowd(s, 40)
			s.after(150 * time.Second)
			looks, pages := s.fox.asked()
			t.Logf("%d looks, %d pages", looks, pages)
			assert.Equal(t, 40, s.completed())
			assert.LessOrEqual(t, pages, c.pages)
			if c.trusted != nil {
				assert.Equal(t, *c.trusted, !s.watchers[0].list.mistrusted.After(noon.Add(untrusted)), "a list is not read for %s", untrusted)
			}
			for i := range 40 {
				require.Equal(t, order.Completed, s.status(fmt.Sprintf("%03d", i)).State)
			}
		})
	}
}

// A list that is half a minute behind and shows the codes is found out, however late looks come:
// it does not hold ends up for long.
func TestAListThatIsBehindIsFoundOut(t *testing.T) {
	s := newShop(t)
	s.fox.withCodes, s.fox.behind = true, 30*time.Second
	for _, w := range s.watchers {
		w.PerMinute = 100
	}
	crowd(s, 40)
	s.after(80 * time.Second)
	assert.True(t, s.watchers[0].list.mistrusted.After(noon.Add(untrusted)))
	s.after(30 * time.Second)
	assert.Equal(t, 40, s.completed())
}

// A list that shows codes for which item is not certain is no look.
func TestAnEntryThatIsNotWhole(t *testing.T) {
	s := newShop(t)
	s.fox.withCodes = true
	s.fox.bend = func(o foxreload.Order) foxreload.Order {
		if len(o.Items) > 0 {
			o.Items[0].ItemID = ""
		}
		return o
	}
	crowd(s, 10)
	s.after(150 * time.Second)
	looks, _ := s.fox.asked()
	assert.GreaterOrEqual(t, looks, 10)
	assert.Equal(t, 10, s.completed())
}

// A list that is behind shows what a look before it had shown otherwise. However late a look
// comes, it says nothing against a list that was read before it, unless that showed more.
func TestWhatContradictsAList(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	shows := func(id string, s foxreload.Status) foxreload.Order { return foxreload.Order{ID: id, Status: s} }
	var l list
	for range 3 {
		l.claim("shop-1", foxreload.StatusPaid, at)
		require.False(t, l.looked("shop-1", "fox-1", foxreload.StatusCompleted, at), "it has gone on")
	}
	l.claim("shop-1", foxreload.StatusCompleted, at)
	require.False(t, l.looked("shop-1", "fox-1", foxreload.StatusPaid, at.Add(time.Minute)), "nothing goes back; but it is one")
	l.claim("shop-2", foxreload.StatusCompleted, at)
	require.True(t, l.looked("shop-2", "fox-2", foxreload.StatusPaid, at.Add(time.Minute)))

	l.mistrust(at)
	require.False(t, l.looked("shop-1", "fox-1", foxreload.StatusCompleted, at))
	require.False(t, l.looked("shop-2", "fox-2", foxreload.StatusProcessing, at))
	require.False(t, l.behind(shows("fox-1", foxreload.StatusCompleted), at.Add(time.Hour)))
	for range strikes {
		require.False(t, l.behind(shows("fox-1", foxreload.StatusPaid), at.Add(behindAtMost)), "a little")
	}
	require.False(t, l.behind(shows("fox-3", foxreload.StatusPaid), at.Add(time.Hour)), "nobody looked")
	require.False(t, l.behind(shows("fox-2", foxreload.StatusCompleted), at.Add(time.Hour)), "it has gone on")
	require.False(t, l.behind(shows("fox-1", foxreload.StatusPaid), at.Add(4*time.Second)))
	require.True(t, l.behind(shows("fox-2", foxreload.StatusPaid), at.Add(4*time.Second)))
}

// handInHand takes an order in that a list shows as completed once another one is being taken in.
type handInHand struct {
	Orders
	taken   atomic.Int32
	another chan struct{}
	alone   atomic.Bool // none came
}

func (h *handInHand) Look(ctx context.Context, row ledger.Watch, p foxreload.Priority, listed *foxreload.Order) (activities.Look, error) {
	if listed != nil && listed.Status == foxreload.StatusCompleted {
		switch h.taken.Add(1) {
		case 1:
			select {
			case <-h.another:
			case <-time.After(time.Minute):
				h.alone.Store(true)
			}
		case 2:
			close(h.another)
		}
	}
	return h.Orders.Look(ctx, row, p, listed)
}

// Many orders that a page shows as completed are taken in side by side: one that takes long
// holds up no other.
func TestOrdersOfAPageWaitForNoOther(t *testing.T) {
	s := newShop(t)
	s.fox.withCodes = true
	var orders []*handInHand
	for _, w := range s.watchers {
		orders = append(orders, &handInHand{Orders: w.Orders, another: make(chan struct{})})
		w.Orders = orders[len(orders)-1]
	}
	crowd(s, 30)
	s.after(2 * time.Minute)
	require.Equal(t, 30, s.completed())
	for _, o := range orders {
		require.False(t, o.alone.Load())
	}
}
