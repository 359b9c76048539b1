package main

import (
	"context"
	"fmt"
	"io"
	"strconv"

	"github.com/spf13/cobra"

	"foxflow/ledger"
	"foxflow/starter/internal/show"
)

// The JSON of audit.
type auditDocument struct {
	Reference string              `json:"reference"`
	Entries   []ledger.AuditEntry `json:"entries"`
	Verified  bool                `json:"verified"`
}

type auditSums struct {
	Orders  int      `json:"orders"`
	Entries int      `json:"entries"`
	Broken  []broken `json:"broken"`
}

type broken struct {
	Reference string `json:"reference"`
	Seq       int64  `json:"seq"`
	Problem   string `json:"problem"`
}

func (a *app) auditCommand() *cobra.Command {
	var verify, verifyAll bool
	var export string
	cmd := &cobra.Command{
		Use:   "audit REFERENCE [--verify] | --verify-all | --export FILE",
		Short: "Show an order's log; check the chain; export everything",
		Long:  "Show the audit log of an order. --verify and --verify-all check the chain of hashes:\nan entry that was changed, added or cut off is found (exit status 1).\n--export writes every entry of the ledger as JSON lines; FILE - is stdout.",
		Args: func(cmd *cobra.Command, args []string) error {
			wants := len(args)
			for _, said := range []bool{verifyAll, export != ""} {
				if said {
					wants++
				}
			}
			switch {
			case wants != 1:
				return misused("write one of: starter audit REFERENCE, starter audit --verify-all, starter audit --export FILE", "reference: name exactly one, or --verify-all, or --export")
			case verify && len(args) == 0:
				return misused("write: starter audit REFERENCE --verify, or --verify-all", "--verify: needs a reference")
			case len(args) == 1:
				return normalReferences(args)
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			return a.inSession(ctx, func(in *session) error {
				switch {
				case verifyAll:
					return in.verifyAll(ctx)
				case export != "":
					return in.export(ctx, export)
				}
				return in.audit(ctx, args[0], verify)
			})
		},
	}
	cmd.Flags().BoolVar(&verify, "verify", false, "check the order's chain; exit status 1 when it is broken")
	cmd.Flags().BoolVar(&verifyAll, "verify-all", false, "check every chain")
	cmd.Flags().Var(textValue{&export, "audit.jsonl"}, "export", "write every entry as JSON lines to a file; - is stdout")
	return cmd
}

// audit shows a log and always says whether its chain is whole; a broken one is
// an error when that was asked.
func (in *session) audit(ctx context.Context, reference string, verify bool) error {
	log, err := in.client.Audit(ctx, reference)
	if err != nil {
		return err
	}
	if err := in.showAudit(auditDocument{reference, log.Entries, log.Broken == nil}); err != nil {
		return err
	}
	switch cut := log.Broken; {
	case cut != nil && verify:
		return failed("the log was changed after it was written: keep the ledger's file, and find out by whom", "%v", cut)
	case cut != nil:
		in.Note("the chain is broken: %v", cut)
	case verify && !in.JSON:
		in.Printf("\n%d entries, the chain is whole\n", len(log.Entries))
	}
	return nil
}

func (in *session) showAudit(doc auditDocument) error {
	if in.JSON {
		return in.Document(doc)
	}
	var rows [][]string
	for _, e := range doc.Entries {
		rows = append(rows, []string{strconv.FormatInt(e.Seq, 10), e.At.UTC().Format("2006-01-02 15:04:05"), string(e.Kind), string(e.State), show.Clean(e.Reason)})
	}
	return in.Table([]string{"SEQ", "AT (UTC)", "KIND", "STATE", "REASON"}, rows, 4)
}

func (in *session) verifyAll(ctx context.Context) error {
	orders, entries, cuts, err := in.book.Log.VerifyAll(ctx)
	if err != nil {
		return err
	}
	sums := auditSums{orders, entries, make([]broken, 0, len(cuts))}
	for _, cut := range cuts {
		sums.Broken = append(sums.Broken, broken{cut.Reference, cut.Seq, cut.Problem})
	}
	if in.JSON {
		if err := in.Document(sums); err != nil {
			return err
		}
	} else {
		in.Printf("%d orders, %d entries, %d broken chains\n", orders, entries, len(cuts))
	}
	if len(cuts) == 0 {
		return nil
	}
	f := &failure{status: exitError, message: "the audit log is broken", hint: "it was changed after it was written: keep the ledger's file, and find out by whom"}
	for _, cut := range cuts {
		f.details = append(f.details, cut.Error())
	}
	return f
}

// export writes the log of the whole ledger: into a file as a whole or not at all.
func (in *session) export(ctx context.Context, path string) error {
	to, err := in.openSink(ctx, path, in.reads()...)
	lines := 0
	if err == nil {
		lines, err = to.write(func(w io.Writer) error { return in.book.Log.Export(ctx, w) })
	}
	switch {
	case err != nil:
		return &failure{status: exitError, message: fmt.Sprintf("export audit log: %v", err), hint: "name a file in a folder that can be written, or - for stdout", cause: err}
	case to.stdout:
		return nil
	case in.JSON:
		return in.Document(struct {
			File    string `json:"file"`
			Entries int    `json:"entries"`
		}{path, lines})
	}
	in.Printf("%d entries written to %s\n", lines, path)
	return nil
}
