package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"foxflow/client"
	"foxflow/internal/phrase"
	"foxflow/internal/reconcile"
	"foxflow/ledger"
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
			return a.inSession(cmd.Context(), func(in *session) error { return in.checkLedger(cmd.Context()) })
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

func (in *session) checkLedger(ctx context.Context) (err error) {
	c := checked{Ledger: ledger.Name(in.settings.Ledger.Reveal()), ID: in.book.ID(), Damage: []string{}, Broken: []broken{}, Findings: []reconcile.Finding{}}
	damage, err := in.book.Store.Upkeep.Damage(ctx)
	if err != nil {
		return err
	}
	c.Damage = append(c.Damage, damage...)
	orders, entries, cuts, err := in.book.Log.VerifyAll(ctx)
	if err != nil {
		return err
	}
	c.Orders, c.Entries = orders, entries
	for _, cut := range cuts {
		c.Broken = append(c.Broken, broken{cut.Reference, cut.Seq, cut.Problem})
	}
	t, err := in.client.Connect(ctx)
	if err == nil {
		c.Temporal.Namespace = t.Namespace
		if err = in.book.SameNamespace(ctx, t.Namespace); err == nil {
			c.Findings, err = reconcile.Compare(ctx, in.book, namespaceOf(t), in.now(), mostFindings)
		}
	}
	if c.Temporal.Asked = err == nil; err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		c.Temporal.Reason, c.Findings = client.WhyUnasked(err), []reconcile.Finding{}
	}
	c.Whole = c.Temporal.Asked && len(c.Damage)+len(c.Broken)+len(c.Findings) == 0
	return in.showChecked(c)
}

// namespaceOf is a connection for those that hold it against the ledger.
func namespaceOf(t *client.Connection) reconcile.Temporal {
	return reconcile.Temporal{Client: t.Client, Namespace: t.Namespace, Payloads: t.Payloads}
}

func (in *session) showChecked(c checked) error {
	if in.JSON {
		if err := in.Document(c); err != nil {
			return err
		}
	} else {
		in.Printf("tables      %s\n", wholeOr(len(c.Damage), "damaged"))
		for _, line := range c.Damage {
			in.Printf("            %s\n", show.Clean(line))
		}
		in.Printf("audit log   %d orders, %d entries, %d broken chains\n", c.Orders, c.Entries, len(c.Broken))
		if c.Temporal.Asked {
			in.Printf("Temporal    %s\n", wholeOr(len(c.Findings), "orders astray"))
		} else {
			in.Printf("Temporal    not asked: %s\n", show.Clean(c.Temporal.Reason))
		}
		if err := in.showFindings(c.Findings); err != nil {
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

func (in *session) showFindings(findings []reconcile.Finding) error {
	if len(findings) == 0 {
		return nil
	}
	var rows [][]string
	for _, f := range findings {
		done := f.Done
		if done == "" {
			done = f.Detail
		}
		rows = append(rows, []string{show.Clean(f.Reference), string(f.Kind), show.Clean(string(f.State)), show.Clean(phrase.Of(f.OrderID)), show.Clean(done)})
	}
	in.Printf("\n")
	if err := in.Table([]string{"REFERENCE", "FOUND", "STATE", "ORDER", "DETAIL"}, rows, 0); err != nil {
		return err
	}
	in.Printf("\n")
	for _, k := range reconcile.Kinds {
		for _, f := range findings {
			if f.Kind == k.Kind && f.Done == "" {
				in.Printf("%s\n", in.Wrap(fmt.Sprintf("%s: %s. %s", k.Kind, k.Means, k.Fix), ""))
				break
			}
		}
	}
	return nil
}
