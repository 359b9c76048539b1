package main

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"foxflow/simulator"
)

// longHelp is made from the tables that the simulator runs on.
func longHelp() string {
	var b strings.Builder
	b.WriteString(`Serves FoxReload's partner API on this machine, with play money: nothing is
bought, nothing leaves. Orders are paid from a balance and delivered after a
realistic time. Requests are logged to stderr, one line each.

Ask for a behaviour by a note value, e.g. player_id=fail or player_id=fail-7
(any text after the dash), or by the quantity of the Practice Voucher
(` + simulator.VoucherID + `), which needs no note:

`)
	rows(&b, func(row func(...any)) {
		row("NOTE VALUE", "VOUCHERS", "WHAT HAPPENS")
		for _, behaviour := range simulator.Behaviours() {
			row(behaviour.Name, behaviour.Quantity, plain(behaviour.Effect))
		}
	})
	b.WriteString(`
low-keep and low-cancel refuse mock orders too, though these cost nothing.
A dollar is a fixed 92.5 roubles.

The admin API answers this machine alone and asks for no key:

`)
	rows(&b, func(row func(...any)) {
		for _, call := range simulator.AdminCalls() {
			row(call.Call, plain(call.Does))
		}
	})
	b.WriteString(`
Faults strike requests at random (--faults) or on demand (POST
/admin/faults/next). A PLAN is e.g. storm,lost-answer@pay=0.2,exists=0; a rate is
the share of a route's requests, from 0 to 1. The plan storm is every fault at
moderate rates. The faults and the routes that they can strike:

`)
	rows(&b, func(row func(...any)) {
		row("FAULT", "ROUTES", "WHAT HAPPENS")
		for _, fault := range simulator.AllFaults() {
			row(fault.Name, fault.Where(), plain(fault.Help))
		}
	})
	b.WriteString(`
A flag that is given wins over a knob that the state file remembers from the
admin API; that wins over the default. An opening balance is booked once: it is
not given again at a restart.

Environment: SIMULATOR_API_KEY is the accepted key where neither --api-key nor
--key-file is given.
Exit status: 0 stopped by a signal, 1 error, 2 wrong usage.`)
	return b.String()
}

func plain(markdown string) string { return strings.ReplaceAll(markdown, "`", "") }

func rows(b *strings.Builder, write func(row func(cells ...any))) {
	w := tabwriter.NewWriter(b, 0, 4, 2, ' ', 0)
	write(func(cells ...any) {
		fmt.Fprint(w, "  ")
		for i, cell := range cells {
			if i > 0 {
				fmt.Fprint(w, "\t")
			}
			fmt.Fprint(w, cell)
		}
		fmt.Fprintln(w)
	})
	_ = w.Flush() // into memory: can't fail
}
