package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/spf13/cobra"
)

// The commands in this file speak to a running simulator's admin API.

func atFlag(cmd *cobra.Command, at *string) {
	cmd.Flags().StringVar(at, "at", "http://127.0.0.1:8099", "`URL` of the running simulator")
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

func healthCommand() *cobra.Command {
	var at string
	cmd := &cobra.Command{
		Use:   "health",
		Short: "Ask whether it answers (exit status 0 or 1)",
		Args:  noArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := askOwner(http.MethodGet, at+"/admin/", nil)
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
