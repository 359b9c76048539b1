package main

import (
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"foxflow/client"
	"foxflow/order"
)

const defaultTimeout = 300 * time.Second

// placing is what the flags of place say.
type placing struct {
	request                 order.Request
	file, results           string
	wait, skipBad           bool
	checkBalance, goOnShort bool
	timeout                 time.Duration
	// checkSaid: --check-balance was written, so its default does not apply.
	checkSaid bool
}

func (a *app) placeCommand() *cobra.Command {
	p := &placing{timeout: defaultTimeout}
	cmd := &cobra.Command{
		Use:   "place --reference R --item PRODUCT[:QUANTITY]… | --file orders.csv",
		Short: "Start an order, or all orders of a file",
		Long: `Start an order and answer at once; with --wait show each state and stay to the end.
Placing the same reference again joins the order that is there: nothing is started twice.

--note belongs to the --item before it:
  starter place --reference shop-1001 --item product_a:2 --note player_id=007 --item product_b

A file is CSV in UTF-8 with the header reference,item,quantity,note,mock,max_price.
note is key=value;key=value, an empty quantity is 1, max_price is 12.34 or 12.34usd, and
lines with one reference are the items of one order. Or each line is a whole order in JSON:
  {"reference":"shop-1001","items":[{"itemId":"product_a","quantity":2,"note":{"player_id":"007"}}],"maxPrice":"12.34"}
All lines (200,000 at most) are checked before anything starts, and one bad line
starts nothing; --skip-bad leaves out the orders that have a bad line (exit status 1).
After Ctrl-C the same file again goes on where it was, and starts nothing twice.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			p.checkSaid = cmd.Flags().Changed("check-balance")
			if cmd.Flags().Changed("file") {
				if err := p.refuseBeside(cmd); err != nil {
					return err
				}
				return a.placeFile(cmd.Context(), p)
			}
			return a.placeOne(cmd.Context(), p)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&p.request.Reference, "reference", "", "your own name for the purchase")
	f.Var(itemValue{&p.request.Items}, "item", "a product, and how many of it (once per item)")
	f.Var(noteValue{&p.request.Items}, "note", "a field that the product needs; belongs to the --item before it")
	f.BoolVar(&p.request.Mock, "mock", false, "no real charge, fake codes")
	f.Var(priceValue{&p.request}, "max-price", "the highest total to pay, e.g. 12.34 (in FOXRELOAD_CURRENCY) or 12.34usd")
	f.Var(textValue{&p.request.Provider, "pally"}, "provider", "pay through an external provider instead of the balance")
	f.Var(textValue{&p.request.ReturnURL, "https://yourshop.com/return"}, "return-url", "where the provider sends the payer back to")
	f.BoolVar(&p.request.NoCheck, "no-check", false, "leave out the look at the catalogue before creating")
	f.Var(textValue{&p.file, "orders.csv"}, "file", "place all orders of a file, CSV or JSON lines; - is stdin")
	f.BoolVar(&p.skipBad, "skip-bad", false, "with --file: leave out bad orders instead of starting nothing")
	f.Var(textValue{&p.results, "results.csv"}, "results", "with --file: write how the orders stand to a CSV file; - is stdout")
	f.BoolVar(&p.checkBalance, "check-balance", false, "compare the balance with what is placed (with --file: the default when FOXRELOAD_API_KEY is set)")
	f.BoolVar(&p.goOnShort, "yes", false, "go on though the balance does not cover it")
	f.BoolVar(&p.wait, "wait", false, "show each state and stay to the end")
	f.Var(timeoutValue{&p.timeout}, "timeout", "how long --wait stays")
	return cmd
}

// besideFile are the flags that say what a file says in its lines.
var besideFile = []string{"reference", "item", "note", "mock", "max-price", "provider", "return-url"}

func (p *placing) refuseBeside(cmd *cobra.Command) error {
	for _, name := range besideFile {
		if cmd.Flags().Changed(name) {
			return misused("write it into the file's lines, or place one order without --file", "--%s: stands beside --file", name)
		}
	}
	return nil
}

func (a *app) placeOne(ctx context.Context, p *placing) error {
	for _, fileOnly := range []struct {
		name string
		said bool
	}{{"results", p.results != ""}, {"skip-bad", p.skipBad}} {
		if fileOnly.said {
			return misused("add --file orders.csv, or leave it out", "--%s: needs --file", fileOnly.name)
		}
	}
	p.request.Reference = order.NormalReference(p.request.Reference)
	if err := refuseRequest(p.request); err != nil {
		return err
	}
	return a.inNewSession(ctx, func(in *session) error {
		in.nameCurrency(&p.request)
		if p.checkBalance {
			// Before Temporal is asked: a missing key is wrong usage.
			if _, err := in.foxreload(); err != nil {
				return err
			}
		}
		if err := in.client.Ready(ctx); err != nil {
			return err
		}
		if p.checkBalance {
			if _, err := in.client.Status(ctx, p.request.Reference); errors.Is(err, client.ErrNotFound) {
				amounts := map[string]int64{}
				addToPay(amounts, p.request)
				if err := in.checkBalance(ctx, amounts, p.goOnShort); err != nil {
					return err
				}
			}
		}
		s, how, err := in.place(ctx, p.request)
		if err != nil {
			return err
		}
		switch how {
		case client.Joined:
			in.Note("order %s was placed already; nothing new was started", s.Reference)
		case client.Queued:
			in.Note("order %s is queued: more orders are placed than can be begun; it begins by itself", s.Reference)
		case client.Resumed:
			in.Note("order %s was placed already and ran nowhere; it is started again, and goes on from what is on record", s.Reference)
		}
		if !p.wait {
			return in.showStatus(s)
		}
		return in.waitForOne(ctx, s.Reference, p.timeout)
	})
}

// nameCurrency has a highest price that names no currency be in FOXRELOAD_CURRENCY: what
// a number means must not change with the environment of a worker.
func (in *session) nameCurrency(r *order.Request) {
	if r.MaxPrice != nil && r.MaxPriceCurrency == "" {
		r.MaxPriceCurrency = in.settings.Currency
	}
}

// refuseRequest tells every mistake of a request, each with its fix.
func refuseRequest(r order.Request) error {
	mistakes := r.Validate()
	switch len(mistakes) {
	case 0:
		return nil
	case 1:
		return misused(mistakes[0].Fix, "--%s", mistakes[0].Error())
	}
	f := &failure{status: exitUsage, message: "the order can't be placed as it is; nothing was started", hint: "starter place --help"}
	for _, m := range mistakes {
		f.details = append(f.details, "--"+m.Error()+" ("+m.Fix+")")
	}
	return f
}
