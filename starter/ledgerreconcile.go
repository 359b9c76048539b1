package main

import (
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"foxflow/foxreload"
	"foxflow/internal/reconcile"
	"foxflow/ledger"
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
			return a.inSession(cmd.Context(), func(in *session) error { return in.reconcile(cmd.Context(), apply) })
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

func (in *session) reconcile(ctx context.Context, apply bool) error {
	t, err := in.client.Connect(ctx)
	if err != nil {
		return err
	}
	err = in.book.SameNamespace(ctx, t.Namespace)
	if errors.Is(err, ledger.ErrOtherNamespace) && apply {
		err = in.book.Rebind(ctx, t.Namespace)
	}
	if err != nil {
		return notOpened(err)
	}
	r := reconciled{Ledger: ledger.Name(in.settings.Ledger.Reveal()), Namespace: t.Namespace, Applied: apply}
	namespace := namespaceOf(t)
	if r.Findings, err = reconcile.Compare(ctx, in.book, namespace, in.now(), mostFindings); err != nil {
		return failed("run the same command again", "%v", err)
	}
	closed, err := reconcile.CompareClosed(ctx, in.book, namespace)
	if err != nil {
		return failed("run the same command again", "%v", err)
	}
	r.Findings = append(r.Findings, closed...)
	var api *foxreload.Client
	if !in.settings.APIKey.Empty() {
		if api, err = in.foxreload(); err != nil {
			return err
		}
	}
	if apply {
		for i := range r.Findings {
			in.mend(ctx, namespace, api, &r.Findings[i])
		}
	}
	if err := in.askHistory(ctx, api, &r); err != nil {
		return err
	}
	return in.showReconciled(r)
}

// askHistory comes last: what was mended is known by then.
func (in *session) askHistory(ctx context.Context, api *foxreload.Client, r *reconciled) error {
	if api == nil {
		in.Note("FoxReload's orders were not looked at: FOXRELOAD_API_KEY is not set")
		return nil
	}
	type history struct {
		findings []reconcile.Finding
		looked   int
	}
	found, err := ask(ctx, in, func(ctx context.Context) (h history, err error) {
		h.findings, h.looked, err = reconcile.CompareHistory(ctx, in.book, api)
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
func (in *session) mend(ctx context.Context, t reconcile.Temporal, api *foxreload.Client, f *reconcile.Finding) {
	ctx, cancel := context.WithTimeout(ctx, mendTakes)
	defer cancel()
	done, err := reconcile.Mend(ctx, in.book, t, *f, in.settings.Timeout, in.now())
	if err != nil {
		f.Detail = err.Error()
		return
	}
	f.Done = done
	s, err := in.book.Orders.Status(ctx, f.Reference)
	if done == "" || err != nil || !s.State.Ended() {
		return
	}
	if api == nil {
		f.Done += "; its codes: starter recheck " + f.Reference
		return
	}
	if _, _, err := in.lookAgain(ctx, api, f.Reference); err != nil {
		f.Done += "; its codes could not be looked at (starter recheck " + f.Reference + "): " + err.Error()
	}
}

func (in *session) showReconciled(r reconciled) error {
	left := 0
	for _, f := range r.Findings {
		if f.Done == "" {
			left++
		}
	}
	if in.JSON {
		if r.Findings == nil {
			r.Findings = []reconcile.Finding{}
		}
		if err := in.Document(r); err != nil {
			return err
		}
	} else {
		in.Printf("%d orders astray, %d mended", len(r.Findings), len(r.Findings)-left)
		if r.FoxReload.Asked {
			in.Printf("; FoxReload's newest %d orders were looked at", r.FoxReload.Orders)
		}
		in.Printf("\n")
		if err := in.showFindings(r.Findings); err != nil {
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
