package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"go.temporal.io/sdk/temporal"
)

// schema is the audit log and where codes are kept.
const schema = `
CREATE TABLE IF NOT EXISTS audit (id bigserial PRIMARY KEY, reference text NOT NULL, state text NOT NULL, at timestamptz NOT NULL DEFAULT now());
CREATE TABLE IF NOT EXISTS codes (reference text PRIMARY KEY, codes jsonb NOT NULL);`

// Calls are the activities.
type Calls struct {
	API, Key string
	HTTP     *http.Client
	DB       *pgxpool.Pool
}

// Seen is an order as the API showed it.
type Seen struct {
	ID, State string
	Codes     int
}

// answer is an order, or a refusal, as the API writes it.
type answer struct {
	ID     string `json:"id"`
	Status string `json:"status"`
	Items  []struct {
		Codes []json.RawMessage `json:"externalData"`
	} `json:"items"`
	// Detail is what a refusal says; of a create that was there already, whose order it is.
	Detail json.RawMessage `json:"detail"`
}

// Record writes a row of the audit log.
func (c *Calls) Record(ctx context.Context, reference, state string) error {
	_, err := c.DB.Exec(ctx, "INSERT INTO audit (reference, state) VALUES ($1, $2)", reference, state)
	return err
}

// Create makes the order.
func (c *Calls) Create(ctx context.Context, in Input) (Seen, error) {
	seen, err := c.step(ctx, in, http.MethodPost, "/api/orders/", map[string]any{
		"items": []any{map[string]any{"itemId": in.Item, "quantity": 1}}, "idempotencyKey": in.Reference})
	if err == nil && seen.State == "" { // an attempt whose answer was lost has made it
		seen.State = "active"
	}
	return seen, err
}

// Pay pays it from the balance.
func (c *Calls) Pay(ctx context.Context, in Input, id string) error {
	_, err := c.step(ctx, in, http.MethodPost, "/api/orders/"+id+"/pay", map[string]any{"paymentProvider": nil})
	return err
}

// Look asks for it, and keeps its codes.
func (c *Calls) Look(ctx context.Context, in Input, id string) (Seen, error) {
	return c.step(ctx, in, http.MethodGet, "/api/orders/"+id, nil)
}

// step calls the API and keeps what is to be kept.
func (c *Calls) step(ctx context.Context, in Input, method, path string, body any) (Seen, error) {
	var order answer
	if err := c.send(ctx, method, path, body, &order); err != nil {
		return Seen{}, err
	}
	seen := Seen{ID: order.ID, State: order.Status}
	var codes []json.RawMessage
	for _, item := range order.Items {
		codes = append(codes, item.Codes...)
	}
	if seen.Codes = len(codes); seen.Codes > 0 {
		if _, err := c.DB.Exec(ctx, "INSERT INTO codes (reference, codes) VALUES ($1, $2) ON CONFLICT (reference) DO UPDATE SET codes = excluded.codes",
			in.Reference, codes); err != nil {
			return seen, err
		}
	}
	if seen.ID == "" && order.Detail != nil {
		var there struct {
			ID string `json:"orderId"`
		}
		if err := json.Unmarshal(order.Detail, &there); err != nil {
			return seen, err
		}
		seen.ID = there.ID
	}
	if in.Lean {
		return seen, c.Record(ctx, in.Reference, seen.State)
	}
	return seen, nil
}

func (c *Calls) send(ctx context.Context, method, path string, body, into any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, method, c.API+path, bytes.NewReader(text))
	if err != nil {
		return err
	}
	request.Header.Set("X-API-Key", c.Key)
	request.Header.Set("Content-Type", "application/json")
	answer, err := c.HTTP.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if text, err = io.ReadAll(answer.Body); err != nil {
		return err
	}
	if answer.StatusCode == http.StatusTooManyRequests {
		seconds, _ := strconv.Atoi(answer.Header.Get("Retry-After"))
		return temporal.NewApplicationErrorWithOptions("too many requests", "429", temporal.ApplicationErrorOptions{
			NextRetryDelay: time.Duration(max(1, seconds)) * time.Second})
	}
	// A conflict: an attempt whose answer was lost has done it.
	if answer.StatusCode >= http.StatusMultipleChoices && answer.StatusCode != http.StatusConflict {
		return temporal.NewNonRetryableApplicationError(answer.Status+": "+string(text), strconv.Itoa(answer.StatusCode), nil)
	}
	return json.Unmarshal(text, into)
}
