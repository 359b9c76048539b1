package main

import (
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"foxflow/activities"
	"foxflow/foxreload"
	"foxflow/ledger"
	"foxflow/reconcile"
)

func (a *app) ledgerReconcileCommand() *cobra.Command {
	var apply bool
	cmd := &cobra.Command{
		Use:   "reconcile [--apply]",
		Short: "Hold the ledger against Temporal and FoxReload's orders; with --apply mend what can be mended",
		Long: `Hold the ledger against Temporal, and, where FOXRELOAD_API_KEY is set, against FoxReload's
newest orders: after a backup was put back, or Temporal's data was lost. It says what each
is that is not the same everywhere, and what can be done. Nothing is changed.

With --apply: orders that run are taken up again (a worker must be running), those that
ended since the backup are put on record, and their codes into the vault; the ledger goes
with TEMPORAL_NAMESPACE from then on. Nothing is created at FoxReload, and nothing is paid.

In JSON: ledger, namespace, applied, foxreload {asked, orders}, findings [{kind, reference,
state, orderId, detail, done}].

Exit status: 0 nothing is astray any more, 1 something is, or could not be looked at.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.atDesk(cmd.Context(), func(d *desk) error { return d.reconcile(cmd.Context(), apply) })
		},
	}
	cmd.Flags().BoolVar(&apply, "apply", false, "mend what can be mended without a person")
	return cmd
}

// reconciled is the JSON of ledger reconcile.
type reconciled struct {
	Ledger    string              `json:"ledger"`
	Namespace string              `json:"namespace"`
	Applied   bool                `json:"applied"`
	FoxReload askedFoxReload      `json:"foxreload"`
	Findings  []reconcile.Finding `json:"findings"`
}

// askedFoxReload says whether FoxReload was asked, and how many of its orders were seen.
type askedFoxReload struct {
	Asked  bool `json:"asked"`
	Orders int  `json:"orders"`
}

func (d *desk) reconcile(ctx context.Context, apply bool) error {
	t, err := d.connect(ctx)
	if err != nil {
		return err
	}
	defer t.Close()
	err = d.book.SameNamespace(ctx, t.namespace)
	if errors.Is(err, ledger.ErrOtherNamespace) && apply {
		err = d.book.Rebind(ctx, t.namespace)
	}
	if err != nil {
		return notOpened(err)
	}
	r := reconciled{Ledger: ledger.Name(d.settings.Ledger.Reveal()), Namespace: t.namespace, Applied: apply}
	namespace := d.namespace(t)
	if r.Findings, err = reconcile.Compare(ctx, d.book, namespace, d.now(), mostFindings); err != nil {
		return failed("run the same command again", "%v", err)
	}
	closed, err := reconcile.CompareClosed(ctx, d.book, namespace)
	if err != nil {
		return failed("run the same command again", "%v", err)
	}
	r.Findings = append(r.Findings, closed...)
	var api *foxreload.Client
	if !d.settings.APIKey.Empty() {
		if api, err = d.foxreload(); err != nil {
			return err
		}
	}
	if apply {
		for i := range r.Findings {
			d.mend(ctx, namespace, api, &r.Findings[i])
		}
	}
	if err := d.askHistory(ctx, api, &r); err != nil {
		return err
	}
	return d.showReconciled(r)
}

// askHistory comes last: what was mended is known by then.
func (d *desk) askHistory(ctx context.Context, api *foxreload.Client, r *reconciled) error {
	if api == nil {
		d.Note("FoxReload's orders were not looked at: FOXRELOAD_API_KEY is not set")
		return nil
	}
	type history struct {
		findings []reconcile.Finding
		looked   int
	}
	found, err := ask(ctx, d, func(ctx context.Context) (h history, err error) {
		h.findings, h.looked, err = reconcile.CompareHistory(ctx, d.book, api)
		return h, err
	})
	if err != nil {
		return err
	}
	r.FoxReload = askedFoxReload{true, found.looked}
	r.Findings = append(r.Findings, found.findings...)
	return nil
}

// mendTakes bounds one order.
const mendTakes = time.Minute

// mend puts one order right, and its codes into the vault where it has ended. What can't be
// done stands in its detail: one order does not keep the others from it.
func (d *desk) mend(ctx context.Context, t reconcile.Temporal, api *foxreload.Client, f *reconcile.Finding) {
	ctx, cancel := context.WithTimeout(ctx, mendTakes)
	defer cancel()
	done, err := reconcile.Mend(ctx, d.book, t, *f, d.settings.Timeout, d.now())
	if err != nil {
		f.Detail = err.Error()
		return
	}
	f.Done = done
	s, err := d.book.Status(ctx, f.Reference)
	if done == "" || err != nil || !s.State.Ended() {
		return
	}
	if api == nil {
		f.Done += "; its codes: starter recheck " + f.Reference
		return
	}
	acts := &activities.Activities{API: api, Ledger: d.book, Now: d.now, Currency: d.settings.Currency}
	if _, err := ask(ctx, d, func(ctx context.Context) (any, error) { return d.recheckWith(ctx, acts, f.Reference) }); err != nil {
		f.Done += "; its codes could not be looked at (starter recheck " + f.Reference + "): " + err.Error()
	}
}

func (d *desk) showReconciled(r reconciled) error {
	left := 0
	for _, f := range r.Findings {
		if f.Done == "" {
			left++
		}
	}
	if d.JSON {
		if r.Findings == nil {
			r.Findings = []reconcile.Finding{}
		}
		if err := d.Document(r); err != nil {
			return err
		}
	} else {
		d.Printf("%d orders astray, %d mended", len(r.Findings), len(r.Findings)-left)
		if r.FoxReload.Asked {
			d.Printf("; FoxReload's newest %d orders were looked at", r.FoxReload.Orders)
		}
		d.Printf("\n")
		if err := d.showFindings(r.Findings); err != nil {
			return err
		}
	}
	if left == 0 {
		return nil
	}
	hint := "starter ledger reconcile --apply mends what needs no person"
	if r.Applied {
		hint = "these need a person: the table says what helps"
	}
	return failed(hint, "%d orders are astray", left)
}
