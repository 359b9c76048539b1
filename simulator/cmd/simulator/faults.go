package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"foxflow/simulator"
)

func faultsCommand() *cobra.Command {
	var at string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "faults",
		Short: "Show which faults may come and how many have been injected",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			raw, err := askOwner(http.MethodGet, at+"/admin/faults", nil)
			if err != nil {
				return err
			}
			if asJSON {
				_, err := cmd.OutOrStdout().Write(raw)
				return err
			}
			var report simulator.FaultReport
			if err := json.Unmarshal(raw, &report); err != nil {
				return fmt.Errorf("read faults of %s: %w", at, err)
			}
			return printFaults(cmd.OutOrStdout(), report)
		},
	}
	atFlag(cmd, &at)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func printFaults(out io.Writer, report simulator.FaultReport) error {
	fmt.Fprintf(out, "plan %s, seed %d\n", orDash(report.Plan), report.Seed)
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "FAULT\tROUTE\tINJECTED")
	for _, fault := range simulator.AllFaults() {
		for _, route := range fault.Routes() {
			if n := report.Injected[fault.Name][route]; n > 0 {
				fmt.Fprintf(w, "%s\t%s\t%d\n", fault.Name, route, n)
			}
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, next := range report.Pending {
		fmt.Fprintf(out, "to come: %s on %s, %d times after %d more requests\n", next.Kind, orDash(next.Route), next.Times, next.Skip)
	}
	_, err := fmt.Fprintf(out, "total %d\n", report.Total)
	return err
}
