package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"foxflow/simulator"
)

// The commands in this file speak to a running simulator's admin API.

func atFlag(cmd *cobra.Command, at *string) {
	cmd.Flags().StringVar(at, "at", "http://127.0.0.1:8099", "`URL` of the running simulator")
}

// debits is the answer of GET /admin/debits.
type debits struct {
	Debits       []simulator.Entry `json:"debits"`
	Totals       map[string]string `json:"totals"`
	RepeatedIDs  []string          `json:"repeatedOrders"`
	RepeatedKeys []string          `json:"repeatedIdempotencyKeys"`
}

func debitsCommand() *cobra.Command {
	var at string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "debits",
		Short: "Show what each order took from the balance",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			raw, err := askOwner(http.MethodGet, at+"/admin/debits", nil)
			if err != nil {
				return err
			}
			if asJSON {
				_, err := cmd.OutOrStdout().Write(raw)
				return err
			}
			var d debits
			if err := json.Unmarshal(raw, &d); err != nil {
				return fmt.Errorf("read debits of %s: %w", at, err)
			}
			return printDebits(cmd.OutOrStdout(), d)
		},
	}
	atFlag(cmd, &at)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func printDebits(out io.Writer, d debits) error {
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "AT\tORDER\tAMOUNT\tIDEMPOTENCY KEY")
	for _, e := range d.Debits {
		fmt.Fprintf(w, "%s\t%s\t%s %s\t%s\n", e.At.Format(time.RFC3339), e.OrderID, e.Amount, e.Currency, e.IdempotencyKey)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, currency := range []string{"usd", "rub"} {
		if total, there := d.Totals[currency]; there {
			fmt.Fprintf(out, "total %s %s\n", total, currency)
		}
	}
	_, err := fmt.Fprintf(out, "%d debits; debited more than once: %d orders, %d idempotency keys\n", len(d.Debits), len(d.RepeatedIDs), len(d.RepeatedKeys))
	return err
}

func addCommand() *cobra.Command {
	var at string
	cmd := &cobra.Command{
		Use:   "add usd=50",
		Short: "Let money come in",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage("add: give one argument, e.g. simulator add usd=50")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			var money amounts
			if err := money.Set(args[0]); err != nil {
				return usage("add: %w", err)
			}
			var raw []byte
			for currency, amount := range money {
				body, err := json.Marshal(map[string]any{"currency": currency, "add": amount})
				if err != nil {
					return err
				}
				if raw, err = askOwner(http.MethodPost, at+"/admin/balances", body); err != nil {
					return err
				}
			}
			_, err := cmd.OutOrStdout().Write(raw)
			return err
		},
	}
	atFlag(cmd, &at)
	return cmd
}

func askOwner(method, url string, body []byte) (raw []byte, err error) {
	request, err := http.NewRequest(method, url, bytes.NewReader(body))
	if err != nil {
		return nil, usage("--at: %q is not a URL; write e.g. http://127.0.0.1:8099", url)
	}
	client := http.Client{Timeout: 10 * time.Second}
	response, err := client.Do(request)
	if err != nil {
		return nil, fmt.Errorf("ask the simulator: %w; is it running, and is --at its address?", err)
	}
	defer func() { err = errors.Join(err, response.Body.Close()) }()
	raw, err = io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("ask the simulator: %s: %s", response.Status, bytes.TrimSpace(raw))
	}
	return raw, err
}
