package main

import (
	"cmp"
	"strings"

	"github.com/spf13/cobra"
)

// manual is what the help of a command says below its own text: examples, and what its
// exit status tells that the table of exit statuses does not. A test takes each example.
var manual = map[string]struct{ examples, exits string }{
	"starter place": {`starter place --reference shop-1001 --item product_01kr9ee0zbgj09tqm83xssss6y:1 --wait
starter place --reference shop-1002 --item product_01krgfgww8eth9xvvysd6y7r4j --note player_id=123456 --max-price 1.20usd
starter place --file orders.csv --wait --results results.csv`,
		`with --wait by the order's end (0, 3, 4, 6, 7); 5 when the time ran out, 6 if
it was blocked then. With --file: 2 a bad line, and nothing was started; 1 if an order
was left out or refused.`},
	"starter status": {"starter status shop-1001\nstarter status shop-1001 -o json", ""},
	"starter watch":  {"starter watch shop-1001 --timeout 10m", ""},
	"starter list": {`starter list --limit 20
starter list --state awaiting_topup
starter list --older-than 10m --newer-than 24h --text TIMEOUT`, ""},
	"starter codes": {"starter codes shop-1001 -o json", "1 while nothing was delivered."},
	"starter top-up": {`starter top-up shop-1001 shop-1002
starter top-up --all
starter top-up --request 50 --currency usdt`, ""},
	"starter cancel": {"starter cancel shop-1001", "1 it was refused, with the reason."},
	"starter resolve": {`starter resolve shop-1001 --adopt 1f0c9a52-7b1e-4c62-9a55-0d6f0c5f1a77
starter resolve shop-1001 --retry
starter resolve shop-1001 --abort`, "1 it was refused, with the reason."},
	"starter recheck": {"starter recheck shop-1001", ""},
	"starter audit": {`starter audit shop-1001 --verify
starter audit --verify-all
starter audit --export audit.jsonl`, ""},
	"starter explain":         {"starter explain shop-1001", ""},
	"starter stats":           {"starter stats --days 7\nstarter stats --since 2026-11-01 -o json", ""},
	"starter pause":           {"starter pause", ""},
	"starter resume":          {"starter resume", ""},
	"starter products search": {"starter products search gift card", ""},
	"starter products show":   {"starter products show product_01kr9ee0zbgj09tqm83xssss6y", ""},
	"starter balance":         {"starter balance -o json", ""},
	"starter keyset new":      {"starter keyset new", ""},
	"starter keyset rotate":   {"starter keyset rotate --write", ""},
	"starter ledger migrate":  {"starter ledger migrate --grant-to foxflow", ""},
	"starter ledger copy":     {"starter ledger copy --from foxflow.db --to 'postgres://foxflow_owner@db.example/foxflow?sslmode=verify-full'", ""},
	"starter ledger backup":   {"starter ledger backup /backups/foxflow-2026-11-24.db", ""},
	"starter ledger check":    {"starter ledger check -o json", ""},
	"starter ledger reconcile": {`starter ledger reconcile
starter ledger reconcile --apply`, ""},
}

// addManual puts the manual into the help of every command below cmd.
func addManual(cmd *cobra.Command) {
	for _, child := range cmd.Commands() {
		addManual(child)
	}
	page, has := manual[cmd.CommandPath()]
	if !has {
		return
	}
	cmd.Example = "  " + strings.ReplaceAll(page.examples, "\n", "\n  ")
	if page.exits != "" {
		cmd.Long = cmp.Or(cmd.Long, cmd.Short+".") + "\n\nExit status: " + page.exits
	}
}
