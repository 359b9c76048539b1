package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/shopspring/decimal"
	"github.com/spf13/cobra"

	"foxflow/ledger"
	"foxflow/order"
	"foxflow/starter/internal/show"
)

// The JSON of stats. Amounts leave mock orders out: they cost nothing.
type statsDocument struct {
	Orders int        `json:"orders"`
	Mock   int        `json:"mock"`
	States []stateSum `json:"states"`
	Days   []daySum   `json:"days"`
}

type stateSum struct {
	State   order.State `json:"state"`
	Orders  int         `json:"orders"`
	Amounts []amount    `json:"amounts"`
}

type daySum struct {
	Day    string     `json:"day"` // UTC, by when the orders were placed
	Orders int        `json:"orders"`
	States []stateSum `json:"states"`
}

type amount struct {
	Currency string `json:"currency"`
	Amount   string `json:"amount"`
}

func (a *app) statsCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "stats",
		Short: "Count orders and money by state and day (UTC)",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.atDesk(cmd.Context(), func(d *desk) error {
				all, mock := tally{}, 0
				days := map[string]tally{}
				err := d.book.Each(cmd.Context(), ledger.Filter{}, func(s order.Status) error {
					day := s.StartedAt.UTC().Format("2006-01-02")
					if days[day] == nil {
						days[day] = tally{}
					}
					if s.Mock {
						mock++
					}
					all.add(s)
					days[day].add(s)
					return nil
				})
				if err != nil {
					return err
				}
				doc := statsDocument{Orders: all.orders(), Mock: mock, States: all.sums(), Days: []daySum{}}
				for _, day := range slices.Backward(slices.Sorted(maps.Keys(days))) {
					doc.Days = append(doc.Days, daySum{day, days[day].orders(), days[day].sums()})
				}
				return d.showStats(doc)
			})
		},
	}
}

// tally counts orders and sums money by state.
type tally map[order.State]*counted

type counted struct {
	orders int
	money  map[string]decimal.Decimal // by currency
}

func (t tally) add(s order.Status) {
	c := t[s.State]
	if c == nil {
		c = &counted{money: map[string]decimal.Decimal{}}
		t[s.State] = c
	}
	c.orders++
	if s.Mock || s.Price == nil {
		return
	}
	if price, err := decimal.NewFromString(*s.Price); err == nil {
		c.money[deref(s.Currency)] = c.money[deref(s.Currency)].Add(price)
	}
}

func (t tally) orders() int {
	n := 0
	for _, c := range t {
		n += c.orders
	}
	return n
}

// sums lists the states in the order of an order's life.
func (t tally) sums() []stateSum {
	sums := []stateSum{}
	for _, state := range order.States() {
		c := t[state]
		if c == nil {
			continue
		}
		one := stateSum{State: state, Orders: c.orders, Amounts: []amount{}}
		for _, currency := range slices.Sorted(maps.Keys(c.money)) {
			one.Amounts = append(one.Amounts, amount{currency, c.money[currency].String()})
		}
		sums = append(sums, one)
	}
	return sums
}

func (d *desk) showStats(doc statsDocument) error {
	if d.JSON {
		return d.Document(doc)
	}
	if doc.Orders == 0 {
		d.Note("no orders")
		return nil
	}
	row := func(first string, s stateSum) []string {
		var amounts []string
		for _, a := range s.Amounts {
			amounts = append(amounts, strings.TrimSpace(a.Amount+" "+a.Currency))
		}
		return []string{first, d.State(s.State), fmt.Sprint(s.Orders), strings.Join(amounts, ", ")}
	}
	var rows [][]string
	for _, s := range doc.States {
		rows = append(rows, row("all days", s))
	}
	for _, day := range doc.Days {
		for _, s := range day.States {
			rows = append(rows, row(day.Day, s))
		}
	}
	if err := show.Table(d.Out, []string{"DAY (UTC)", "STATE", "ORDERS", "MONEY"}, rows, 3); err != nil {
		return err
	}
	if doc.Mock > 0 {
		d.Printf("\n%d of %d orders are mock orders and count for no money\n", doc.Mock, doc.Orders)
	}
	return nil
}
