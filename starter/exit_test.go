package main

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"foxflow/client"
	"foxflow/internal/settings"
	"foxflow/order"
)

// Every exit status stands in one table; docs and --help show it, and each is come to.
func TestExitStatuses(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	for i := range 7 {
		s.begins(fmt.Sprintf("shop-%d", i), false)
	}
	s.completes("shop-0", `"A"`)
	for reference, state := range map[string]order.State{"shop-3": order.Cancelled, "shop-4": order.Failed, "shop-5": order.Unresolved} {
		s.enters(reference, order.Creating)
		s.enters(reference, order.Active, withOrder("fox-"+reference))
		if state == order.Unresolved {
			s.enters(reference, order.Paid)
			s.enters(reference, order.Stalled, waitsFor(order.WaitDelivery))
		}
		s.enters(reference, state)
	}
	s.completesWithout("shop-6", 1)
	come := map[int][]string{
		exitDone:       {"watch", "shop-0"},
		exitError:      {"status", "nobody"},
		exitUsage:      {"watch"},
		exitCancelled:  {"watch", "shop-3"},
		exitFailed:     {"watch", "shop-4"},
		exitNotEnded:   {"watch", "shop-1", "--timeout", "1ms"},
		exitUnresolved: {"watch", "shop-5"},
		exitIncomplete: {"watch", "shop-6"},
	}
	page, err := os.ReadFile("../docs/commands.md")
	require.NoError(t, err)
	help := s.run("--help").out
	require.Len(t, come, len(exits))
	for status, means := range exits {
		got := s.run(come[status]...)
		assert.Equal(t, status, got.status, "%v: %s", come[status], got.err)
		assert.Contains(t, string(page), fmt.Sprintf("| %d | %s |\n", status, means))
		assert.Contains(t, help, fmt.Sprintf("  %d  %s\n", status, means))
	}
}

// No error leaves with a status that is not in the table.
func TestEveryErrorHasAnExitStatusOfTheTable(t *testing.T) {
	t.Parallel()
	for _, err := range []error{errors.New("x"), context.Canceled, settings.Errors{{Variable: "A"}}, failed("", "x"), misused("", "x"), unwritten(os.ErrClosed, nil)} {
		f := asFailure(err)
		assert.NotZero(t, f.status)
		assert.Less(t, f.status, len(exits), strings.TrimSpace(f.Error()))
	}
}

// Each error of package client stands in the table of refusals, with a hint.
func TestEveryErrorOfTheClientHasARow(t *testing.T) {
	t.Parallel()
	away := errors.New("away")
	told := []error{&client.NotFound{}, &client.Conflict{}, &client.TopUpConflict{}, &client.Foreign{}, &client.TooLong{}, &client.NotStarted{Err: away},
		&client.MaybeStarted{Err: away}, &client.Stranded{}, &client.NotCancellable{}, &client.NotAsked{}, &client.OtherReference{}, &client.NotEnded{},
		&client.NoCodes{}, &client.NotRunning{}, &client.Mismatch{Err: away}, &client.Unavailable{Err: away}}
	named := map[string]bool{}
	for _, err := range told {
		named[reflect.TypeOf(err).Elem().Name()] = true
		f := asFailure(err)
		assert.Equal(t, exitError, f.status, "%T", err)
		assert.Equal(t, err.Error(), f.message, "%T", err)
		assert.NotEmpty(t, f.hint, "%T", err)
	}
	file, err := parser.ParseFile(token.NewFileSet(), "../client/errors.go", nil, 0)
	require.NoError(t, err)
	seen := 0
	for _, decl := range file.Decls {
		method, is := decl.(*ast.FuncDecl)
		if !is || method.Recv == nil || method.Name.Name != "Error" {
			continue
		}
		seen++
		name := method.Recv.List[0].Type.(*ast.StarExpr).X.(*ast.Ident).Name
		assert.True(t, named[name], "client.%s has no row", name)
	}
	assert.Len(t, told, seen)
}
