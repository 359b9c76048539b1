package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"foxflow/ledger"
	"foxflow/reconcile"
	"foxflow/starter/internal/show"
)

// mostFindings bounds what is shown of orders that are astray.
const mostFindings = 1000

func (a *app) ledgerCheckCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "check",
		Short: "Check the ledger: its tables, its audit log, and its orders against Temporal",
		Long: `Check the ledger that FOXFLOW_LEDGER names, while it is used: what the database itself
finds damaged, every chain of the audit log, and the orders against Temporal. Orders that
are open on record and run nowhere are found, and orders that run and are not in the
ledger. Nothing is changed.

In JSON: ledger, ledgerId, damage [], orders, entries, broken [{reference, seq, problem}],
temporal {asked, namespace, reason}, findings [{kind, reference, state, orderId, detail,
done}], whole.

Exit status: 0 all is whole, 1 something is not, or Temporal could not be asked.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.atDesk(cmd.Context(), func(d *desk) error { return d.checkLedger(cmd.Context()) })
		},
	}
}

// checked is the JSON of ledger check.
type checked struct {
	Ledger   string              `json:"ledger"`
	ID       string              `json:"ledgerId"`
	Damage   []string            `json:"damage"`
	Orders   int                 `json:"orders"`
	Entries  int                 `json:"entries"`
	Broken   []broken            `json:"broken"`
	Temporal askedTemporal       `json:"temporal"`
	Findings []reconcile.Finding `json:"findings"`
	Whole    bool                `json:"whole"`
}

// askedTemporal says whether Temporal could be asked, and why not.
type askedTemporal struct {
	Asked     bool   `json:"asked"`
	Namespace string `json:"namespace"`
	Reason    string `json:"reason"`
}

func (d *desk) checkLedger(ctx context.Context) (err error) {
	c := checked{Ledger: ledger.Name(d.settings.Ledger.Reveal()), ID: d.book.ID(), Damage: []string{}, Broken: []broken{}, Findings: []reconcile.Finding{}}
	damage, err := d.book.Damage(ctx)
	if err != nil {
		return err
	}
	c.Damage = append(c.Damage, damage...)
	orders, entries, cuts, err := d.book.VerifyAll(ctx)
	if err != nil {
		return err
	}
	c.Orders, c.Entries = orders, entries
	for _, cut := range cuts {
		c.Broken = append(c.Broken, broken{cut.Reference, cut.Seq, cut.Problem})
	}
	t, err := d.connect(ctx)
	if err == nil {
		defer t.Close()
		c.Temporal.Namespace = t.namespace
		if err = d.book.SameNamespace(ctx, t.namespace); err == nil {
			c.Findings, err = reconcile.Compare(ctx, d.book, d.namespace(t), d.now(), mostFindings)
		}
	}
	if c.Temporal.Asked = err == nil; err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		c.Temporal.Reason, c.Findings = connectionLost(err), []reconcile.Finding{}
	}
	c.Whole = c.Temporal.Asked && len(c.Damage)+len(c.Broken)+len(c.Findings) == 0
	return d.showChecked(c)
}

// namespace is the connection for those that hold it against the ledger.
func (d *desk) namespace(t *temporal) reconcile.Temporal {
	return reconcile.Temporal{Client: t.Client, Namespace: t.namespace, Payloads: t.payloads}
}

func (d *desk) showChecked(c checked) error {
	if d.JSON {
		if err := d.Document(c); err != nil {
			return err
		}
	} else {
		d.Printf("tables      %s\n", wholeOr(len(c.Damage), "damaged"))
		for _, line := range c.Damage {
			d.Printf("            %s\n", show.Clean(line))
		}
		d.Printf("audit log   %d orders, %d entries, %d broken chains\n", c.Orders, c.Entries, len(c.Broken))
		if c.Temporal.Asked {
			d.Printf("Temporal    %s\n", wholeOr(len(c.Findings), "orders astray"))
		} else {
			d.Printf("Temporal    not asked: %s\n", show.Clean(c.Temporal.Reason))
		}
		if err := d.showFindings(c.Findings); err != nil {
			return err
		}
	}
	switch {
	case len(c.Damage) > 0:
		return failed("keep the file as it is, and put a backup back: starter ledger backup --help", "the ledger is damaged")
	case len(c.Broken) > 0:
		return failed("starter audit --verify-all names them; keep the ledger, and find out who changed it", "the audit log is broken")
	case !c.Temporal.Asked:
		return failed("set TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE to those of this ledger", "the orders could not be held against Temporal: %s", c.Temporal.Reason)
	case len(c.Findings) > 0:
		return failed("starter ledger reconcile says what can be done", "%d orders are not the same to ledger and Temporal", len(c.Findings))
	}
	return nil
}

func wholeOr(n int, what string) string {
	if n == 0 {
		return "whole"
	}
	return fmt.Sprintf("%d %s", n, what)
}

func (d *desk) showFindings(findings []reconcile.Finding) error {
	if len(findings) == 0 {
		return nil
	}
	var rows [][]string
	for _, f := range findings {
		done := f.Done
		if done == "" {
			done = f.Detail
		}
		rows = append(rows, []string{show.Clean(f.Reference), string(f.Kind), show.Clean(string(f.State)), show.Clean(deref(f.OrderID)), show.Clean(done)})
	}
	d.Printf("\n")
	if err := d.Table([]string{"REFERENCE", "FOUND", "STATE", "ORDER", "DETAIL"}, rows, 0); err != nil {
		return err
	}
	d.Printf("\n")
	for _, k := range reconcile.Kinds {
		for _, f := range findings {
			if f.Kind == k.Kind && f.Done == "" {
				d.Printf("%s\n", d.Wrap(fmt.Sprintf("%s: %s. %s", k.Kind, k.Means, k.Fix), ""))
				break
			}
		}
	}
	return nil
}
