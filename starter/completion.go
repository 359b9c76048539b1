package main

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"foxflow/internal/settings"
	"foxflow/ledger"
	"foxflow/order"
	"foxflow/starter/internal/show"
)

// A shell asks while a person waits: it gets what the ledger knows at once, and what is
// more than a person reads it does not get.
const (
	completeWithin = 2 * time.Second
	mostCompleted  = 50
)

var errEnough = errors.New("enough")

// completes says which orders a command is for: those that its argument may name.
var completes = map[string]func(order.Status) bool{
	"starter status":  anyOrder,
	"starter watch":   anyOrder,
	"starter codes":   func(s order.Status) bool { return s.OrderID != nil },
	"starter explain": anyOrder,
	"starter audit":   anyOrder,
	"starter cancel":  func(s order.Status) bool { return !s.State.Ended() && !s.State.MoneyOut() },
	"starter resolve": func(s order.Status) bool { return s.State == order.Blocked },
	"starter recheck": func(s order.Status) bool { return s.State.Ended() },
	"starter top-up":  func(s order.Status) bool { return s.State == order.AwaitingTopUp },
}

func anyOrder(order.Status) bool { return true }

// severalReferences are the commands that take more than one.
var severalReferences = []string{"starter top-up"}

// fileFlags are the flags whose value is a file's name.
var fileFlags = []string{"file", "results", "export", "from", "to"}

// complete tells the shell what may stand where: references and products from the ledger,
// states and files, and nothing where nobody knows.
func (a *app) complete(cmd *cobra.Command) {
	for _, child := range cmd.Commands() {
		a.complete(child)
	}
	path := cmd.CommandPath()
	switch fits, takesReference := completes[path]; {
	case takesReference:
		cmd.ValidArgsFunction = func(_ *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 && !slices.Contains(severalReferences, path) {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return a.references(cmd.Context(), begun, func(s order.Status) bool { return fits(s) && !slices.Contains(args, s.Reference) })
		}
	case path == "starter products show":
		cmd.ValidArgsFunction = a.products
	case !cmd.HasSubCommands():
		cmd.ValidArgsFunction = cobra.NoFileCompletions
	}
	cmd.NonInheritedFlags().VisitAll(func(f *pflag.Flag) {
		values := cobra.NoFileCompletions
		switch {
		case slices.Contains(fileFlags, f.Name):
			return
		case f.Name == "item", f.Name == "product":
			values = a.products
		case f.Name == "output":
			values = cobra.FixedCompletions([]string{"table", "json"}, cobra.ShellCompDirectiveNoFileComp)
		case f.Name == "state":
			values = cobra.FixedCompletions(stateNames(), cobra.ShellCompDirectiveNoFileComp)
		}
		_ = cmd.RegisterFlagCompletionFunc(f.Name, values)
	})
}

func stateNames() []string {
	var names []string
	for _, s := range order.States() {
		names = append(names, string(s))
	}
	return names
}

// references are the newest orders that fit, as the shell takes them: reference, tab, state.
func (a *app) references(ctx context.Context, begun string, fits func(order.Status) bool) (found []string, _ cobra.ShellCompDirective) {
	begun = order.NormalReference(begun)
	a.atLedger(ctx, func(ctx context.Context, in *session) {
		eachOrder(ctx, in, func(s order.Status) bool {
			if strings.HasPrefix(s.Reference, begun) && fits(s) {
				found = append(found, s.Reference+"\t"+stateOf(s))
			}
			return len(found) < mostCompleted
		})
	})
	return found, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
}

// products are the products of the newest orders: id, tab, name.
func (a *app) products(cmd *cobra.Command, _ []string, begun string) (found []string, _ cobra.ShellCompDirective) {
	a.atLedger(cmd.Context(), func(ctx context.Context, in *session) {
		var ids []string
		eachOrder(ctx, in, func(s order.Status) bool {
			for _, item := range s.Items {
				if strings.HasPrefix(item.ItemID, begun) && !slices.Contains(ids, item.ItemID) {
					ids = append(ids, item.ItemID)
				}
			}
			return len(ids) < mostCompleted
		})
		names, _ := in.book.Products.Names(ctx, ids...)
		for _, id := range ids {
			found = append(found, strings.TrimSuffix(id+"\t"+show.Clean(names[id]), "\t"))
		}
	})
	return found, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace // a quantity may follow
}

// eachOrder shows the ledger's orders, newest first, until enough were seen.
func eachOrder(ctx context.Context, in *session, more func(order.Status) bool) {
	_ = in.book.Orders.Each(ctx, ledger.Filter{}, func(s order.Status) error {
		if more(s) {
			return nil
		}
		return errEnough
	})
}

// atLedger works at the ledger where there is one: who presses a key to complete a word
// makes no ledger, and hears of no error.
func (a *app) atLedger(ctx context.Context, work func(context.Context, *session)) {
	s, err := settings.LoadStarter(a.raw)
	if err != nil {
		return
	}
	if address := s.Ledger.Reveal(); !strings.Contains(address, "://") {
		if _, err := os.Stat(address); err != nil {
			return
		}
	}
	ctx, cancel := context.WithTimeout(ctx, completeWithin)
	defer cancel()
	_ = a.inSession(ctx, func(in *session) error {
		work(ctx, in)
		return nil
	})
}
