package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/shopspring/decimal"
	"github.com/spf13/cobra"

	"foxflow/simulator"
)

// debits is the answer of GET /admin/debits.
type debits struct {
	Debits       []simulator.Entry `json:"debits"`
	Totals       map[string]string `json:"totals"`
	RepeatedIDs  []string          `json:"repeatedOrders"`
	RepeatedKeys []string          `json:"repeatedIdempotencyKeys"`
}

// debitViews are the values of --by.
var debitViews = map[string]func(out io.Writer, d debits){
	"debit": eachDebit,
	"order": func(out io.Writer, d debits) {
		grouped(out, d, "ORDER", "IDEMPOTENCY KEY", func(e simulator.Entry) (string, string) { return e.OrderID, e.IdempotencyKey })
	},
	"key": func(out io.Writer, d debits) {
		grouped(out, d, "IDEMPOTENCY KEY", "ORDERS", func(e simulator.Entry) (string, string) { return e.IdempotencyKey, e.OrderID })
	},
}

func debitsCommand() *cobra.Command {
	var at, by string
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "debits",
		Short:   "Show what each order took from the balance",
		Example: "  simulator debits\n  simulator debits --by key",
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			view, known := debitViews[by]
			if !known {
				return usage("--by: %q is not one of debit, order, key", by)
			}
			raw, err := askOwner(http.MethodGet, at+"/admin/debits", nil)
			if err != nil {
				return err
			}
			out := cmd.OutOrStdout()
			if asJSON {
				_, err := out.Write(raw)
				return err
			}
			var d debits
			if err := json.Unmarshal(raw, &d); err != nil {
				return fmt.Errorf("read debits of %s: %w", at, err)
			}
			view(out, d)
			return summary(out, d)
		},
	}
	atFlag(cmd, &at)
	cmd.Flags().StringVar(&by, "by", "debit", "a line for each debit, order or (idempotency) key")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func eachDebit(out io.Writer, d debits) {
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "AT\tORDER\tAMOUNT\tIDEMPOTENCY KEY")
	for _, e := range d.Debits {
		fmt.Fprintf(w, "%s\t%s\t%s %s\t%s\n", e.At.Format(time.RFC3339), e.OrderID, e.Amount, e.Currency, orDash(e.IdempotencyKey))
	}
	_ = w.Flush() // the summary below reports what can't be written
}

// group is the debits that have something in common.
type group struct {
	name   string
	others []string // of the other kind, each once
	count  int
	amount map[string]decimal.Decimal // by currency
}

// grouped prints a line for each order or key, in the order of their first
// debits. Debits without a key are one group, named by a dash.
func grouped(out io.Writer, d debits, title, otherTitle string, names func(simulator.Entry) (name, other string)) {
	var groups []*group
	for _, e := range d.Debits {
		name, other := names(e)
		at := slices.IndexFunc(groups, func(g *group) bool { return g.name == name })
		if at < 0 {
			at = len(groups)
			groups = append(groups, &group{name: name, amount: map[string]decimal.Decimal{}})
		}
		g := groups[at]
		g.count++
		g.amount[e.Currency] = g.amount[e.Currency].Add(e.Amount)
		if !slices.Contains(g.others, other) {
			g.others = append(g.others, other)
		}
	}
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	fmt.Fprintf(w, "%s\tDEBITS\tAMOUNT\t%s\n", title, otherTitle)
	for _, g := range groups {
		fmt.Fprintf(w, "%s\t%d\t%s\t%s\n", orDash(g.name), g.count, g.amounts(), orDash(strings.Join(g.others, ", ")))
	}
	_ = w.Flush() // the summary below reports what can't be written
}

func (g *group) amounts() string {
	var parts []string
	for _, currency := range []string{"usd", "rub"} {
		if amount, there := g.amount[currency]; there {
			parts = append(parts, amount.String()+" "+currency)
		}
	}
	return strings.Join(parts, ", ")
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

// summary names what was debited more than once: there should be nothing.
func summary(out io.Writer, d debits) error {
	for _, currency := range []string{"usd", "rub"} {
		if total, there := d.Totals[currency]; there {
			fmt.Fprintf(out, "total %s %s\n", total, currency)
		}
	}
	_, err := fmt.Fprintf(out, "%d debits; debited more than once: %d orders, %d idempotency keys\n", len(d.Debits), len(d.RepeatedIDs), len(d.RepeatedKeys))
	for _, id := range d.RepeatedIDs {
		fmt.Fprintf(out, "  order %s\n", id)
	}
	for _, key := range d.RepeatedKeys {
		fmt.Fprintf(out, "  idempotency key %s\n", key)
	}
	return err
}
