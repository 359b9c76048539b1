package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/dbos-inc/dbos-transact-golang/dbos"
	"golang.org/x/time/rate"
)

// calls are the steps of an order.
type calls struct {
	api, key, item string
	poll           time.Duration
	limiter        *rate.Limiter
	http           *http.Client
}

// result is how an order ended. DBOS keeps it with the workflow.
type result struct {
	State string
	Codes []json.RawMessage
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

// How steps are tried again.
var (
	patient       = dbos.WithStepMaxRetries(10)
	unlessRefused = dbos.WithStepRetryPredicate(func(err error) bool {
		r := new(refused)
		return !errors.As(err, &r) || r.code >= http.StatusInternalServerError
	})
)

// order carries one order from the create to its end.
func (c *calls) order(ctx dbos.Context, reference string) (result, error) {
	id, err := dbos.RunAsStep(ctx, func(ctx context.Context) (string, error) { return c.create(ctx, reference) },
		dbos.WithStepName("create"), patient, unlessRefused)
	if err != nil {
		return result{}, err
	}
	if _, err := dbos.RunAsStep(ctx, func(ctx context.Context) (string, error) { return c.pay(ctx, id) },
		dbos.WithStepName("pay"), patient, unlessRefused); err != nil {
		return result{}, err
	}
	for {
		if _, err := dbos.Sleep(ctx, c.poll); err != nil {
			return result{}, err
		}
		seen, err := dbos.RunAsStep(ctx, func(ctx context.Context) (result, error) { return c.look(ctx, id) },
			dbos.WithStepName("look"), patient, unlessRefused)
		if err != nil {
			return result{}, err
		}
		switch seen.State {
		case "completed", "failed", "cancelled":
			return seen, nil
		}
	}
}

func (c *calls) create(ctx context.Context, reference string) (string, error) {
	seen, err := c.call(ctx, http.MethodPost, "/api/orders/", map[string]any{
		"items": []any{map[string]any{"itemId": c.item, "quantity": 1}}, "idempotencyKey": reference}, http.StatusConflict)
	if err != nil || seen.ID != "" {
		return seen.ID, err
	}
	var there struct {
		ID string `json:"orderId"`
	}
	return there.ID, json.Unmarshal(seen.Detail, &there)
}

func (c *calls) pay(ctx context.Context, id string) (string, error) {
	// A conflict: it is paid already, by an attempt whose answer was lost.
	seen, err := c.call(ctx, http.MethodPost, "/api/orders/"+id+"/pay", map[string]any{"paymentProvider": nil}, http.StatusConflict)
	return seen.Status, err
}

func (c *calls) look(ctx context.Context, id string) (result, error) {
	seen, err := c.call(ctx, http.MethodGet, "/api/orders/"+id, nil, http.StatusOK)
	end := result{State: seen.Status}
	for _, item := range seen.Items {
		end.Codes = append(end.Codes, item.Codes...)
	}
	return end, err
}

// call sends one request within the limit, and again where it was one too many. A status that
// is expected is no error.
func (c *calls) call(ctx context.Context, method, path string, body any, expected int) (seen answer, err error) {
	for {
		if err := c.limiter.Wait(ctx); err != nil {
			return seen, err
		}
		seen, wait, err := c.send(ctx, method, path, body, expected)
		if wait == 0 {
			return seen, err
		}
		time.Sleep(wait)
	}
}

func (c *calls) send(ctx context.Context, method, path string, body any, expected int) (seen answer, wait time.Duration, err error) {
	text, err := json.Marshal(body)
	if err != nil {
		return seen, 0, err
	}
	request, err := http.NewRequestWithContext(ctx, method, c.api+path, bytes.NewReader(text))
	if err != nil {
		return seen, 0, err
	}
	request.Header.Set("X-API-Key", c.key)
	request.Header.Set("Content-Type", "application/json")
	came, err := c.http.Do(request)
	if err != nil {
		return seen, 0, err
	}
	defer came.Body.Close()
	text, err = io.ReadAll(came.Body)
	switch {
	case err != nil:
		return seen, 0, err
	case came.StatusCode == http.StatusTooManyRequests:
		seconds, _ := strconv.Atoi(came.Header.Get("Retry-After"))
		return seen, time.Duration(max(1, seconds)) * time.Second, nil
	case came.StatusCode >= http.StatusMultipleChoices && came.StatusCode != expected:
		return seen, 0, &refused{came.StatusCode, string(text)}
	}
	return seen, 0, json.Unmarshal(text, &seen)
}

// refused is an answer that is no order.
type refused struct {
	code int
	text string
}

func (r *refused) Error() string { return strconv.Itoa(r.code) + ": " + r.text }
