package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"
	"github.com/spf13/cobra"

	"foxflow/ledger"
	"foxflow/order"
	"foxflow/starter/internal/show"
)

// The JSON of stats. Mock orders are counted apart, everywhere: they cost nothing. An
// amount is the price of the orders that stand in that state, paid or not.
type statsDocument struct {
	Orders int        `json:"orders"`
	Mock   int        `json:"mock"`
	States []stateSum `json:"states"`
	Days   []daySum   `json:"days"`
}

type stateSum struct {
	State   order.State `json:"state"`
	Orders  int         `json:"orders"`
	Mock    int         `json:"mock"`
	Amounts []amount    `json:"amounts"`
}

type daySum struct {
	Day    string     `json:"day"` // UTC, by when the orders were placed
	Orders int        `json:"orders"`
	Mock   int        `json:"mock"`
	States []stateSum `json:"states"`
}

type amount struct {
	Currency string `json:"currency"`
	Amount   string `json:"amount"`
}

func (a *app) statsCommand() *cobra.Command {
	var days int
	var since time.Time
	cmd := &cobra.Command{
		Use:   "stats",
		Short: "Count orders and money by state and day (UTC)",
		Long: `Count orders and money by state and UTC day, by when orders were placed. Money is the
price of the orders that stand in a state now, whether it was paid or not; mock orders are
counted apart and cost nothing.

In JSON: orders, mock, states [{state, orders, mock, amounts [{currency, amount}]}],
days [{day, orders, mock, states}], the newest day first.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if days > 0 && !since.IsZero() {
				return misused("leave one of the two out", "--days: stands beside --since")
			}
			return a.inSession(cmd.Context(), func(in *session) error {
				if days > 0 {
					since = in.now().UTC().Truncate(24*time.Hour).AddDate(0, 0, 1-days)
				}
				all, byDay := tally{}, map[string]tally{}
				err := in.book.Orders.EachCount(cmd.Context(), since, func(c ledger.Count) {
					if byDay[c.Day] == nil {
						byDay[c.Day] = tally{}
					}
					all.add(c)
					byDay[c.Day].add(c)
				})
				if err != nil {
					return err
				}
				doc := statsDocument{States: all.sums(), Days: []daySum{}}
				doc.Orders, doc.Mock = all.orders()
				for _, day := range slices.Backward(slices.Sorted(maps.Keys(byDay))) {
					one := daySum{Day: day, States: byDay[day].sums()}
					one.Orders, one.Mock = byDay[day].orders()
					doc.Days = append(doc.Days, one)
				}
				return in.showStats(doc)
			})
		},
	}
	cmd.Flags().Var(countOf{&days, "days"}, "days", "only the last so many days, today included")
	cmd.Flags().Var(dayValue{&since}, "since", "only orders placed on this UTC day or later, e.g. 2026-11-01")
	return cmd
}

// tally counts orders and sums money by state.
type tally map[order.State]*counted

type counted struct {
	orders, mock int
	money        map[string]decimal.Decimal // by currency
}

func (t tally) add(c ledger.Count) {
	sum := t[c.State]
	if sum == nil {
		sum = &counted{money: map[string]decimal.Decimal{}}
		t[c.State] = sum
	}
	if c.Mock {
		sum.mock += c.Orders
		return
	}
	sum.orders += c.Orders
	if price, err := decimal.NewFromString(c.Price); err == nil {
		sum.money[c.Currency] = sum.money[c.Currency].Add(price.Mul(decimal.NewFromInt(int64(c.Orders))))
	}
}

func (t tally) orders() (orders, mock int) {
	for _, c := range t {
		orders, mock = orders+c.orders, mock+c.mock
	}
	return orders, mock
}

// sums lists the states in the order of an order's life.
func (t tally) sums() []stateSum {
	sums := []stateSum{}
	for _, state := range order.States() {
		c := t[state]
		if c == nil {
			continue
		}
		one := stateSum{State: state, Orders: c.orders, Mock: c.mock, Amounts: []amount{}}
		for _, currency := range slices.Sorted(maps.Keys(c.money)) {
			one.Amounts = append(one.Amounts, amount{currency, c.money[currency].String()})
		}
		sums = append(sums, one)
	}
	return sums
}

func (in *session) showStats(doc statsDocument) error {
	if in.JSON {
		return in.Document(doc)
	}
	if doc.Orders+doc.Mock == 0 {
		in.Note("no orders")
		return nil
	}
	row := func(first string, s stateSum) []string {
		var amounts []string
		for _, a := range s.Amounts {
			amounts = append(amounts, show.Clean(strings.TrimSpace(a.Amount+" "+a.Currency)))
		}
		return []string{first, in.State(s.State), fmt.Sprint(s.Orders), fmt.Sprint(s.Mock), strings.Join(amounts, ", ")}
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
	return in.Table([]string{"DAY (UTC)", "STATE", "ORDERS", "MOCK", "MONEY"}, rows, 4)
}
