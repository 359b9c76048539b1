package rig

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// Key is the partner key that the simulator accepts.
const Key = "bench-key"

// Product is what is ordered: one code, no note, a cent.
const Product = "product_01krmqz1ce0vn5ndr7gg9c4tw2"

// Simulator is a FoxReload that runs.
type Simulator struct {
	URL     string
	Process *Process
}

// Knobs are the flags of a simulator.
type Knobs struct {
	PerMinute int           // requests a minute; 0: no limit
	Fulfil    time.Duration // from paid to completed
	Looks     int           // an order shows its end at this look; 0: at its time
	ListCodes bool          // the list of orders carries the codes
}

// StartSimulator runs one of its own for each run, with money for all.
func (r *Rig) StartSimulator(k Knobs) (*Simulator, error) {
	port, err := FreePort()
	if err != nil {
		return nil, err
	}
	s := &Simulator{URL: "http://" + host + ":" + port}
	s.Process, err = r.Run(Command{Name: "simulator-" + port, Path: "simulator", Args: []string{
		"--listen", host + ":" + port, "--api-key", Key, "--balance", "usd=100000", "--log-format", "off", "--spread", "0",
		"--requests-per-minute", fmt.Sprint(k.PerMinute), "--paid-for", (k.Fulfil / 5).String(), "--processing-for", (k.Fulfil - k.Fulfil/5).String(),
		"--looks", fmt.Sprint(k.Looks), "--list-codes=" + fmt.Sprint(k.ListCodes)}})
	if err != nil {
		return nil, err
	}
	return s, s.Process.Answers(s.URL + "/healthz")
}

// Request is a request that the simulator answered.
type Request struct {
	At      time.Time `json:"at"`
	Route   string    `json:"route"`
	OrderID string    `json:"orderId"`
	Status  int       `json:"status"`
}

// Requests are those of the API, oldest first.
func (s *Simulator) Requests(ctx context.Context) ([]Request, error) {
	var answer struct{ Requests []Request }
	if err := s.ask(ctx, http.MethodGet, "/admin/requests", nil, &answer); err != nil {
		return nil, err
	}
	var sent []Request
	for _, request := range answer.Requests {
		if request.Route != "admin" && request.Route != "unknown" {
			sent = append(sent, request)
		}
	}
	return sent, nil
}

// Debit is what an order took from the balance: the moment when it was paid.
type Debit struct {
	At             time.Time `json:"at"`
	OrderID        string    `json:"orderId"`
	IdempotencyKey string    `json:"idempotencyKey"`
}

// Debits are all payments, and how many orders, or keys, were paid twice.
func (s *Simulator) Debits(ctx context.Context) (paid []Debit, twice int, err error) {
	var answer struct {
		Debits                                  []Debit
		RepeatedOrders, RepeatedIdempotencyKeys []string
	}
	err = s.ask(ctx, http.MethodGet, "/admin/debits", nil, &answer)
	return answer.Debits, len(answer.RepeatedOrders) + len(answer.RepeatedIdempotencyKeys), err
}

// Turn turns a knob from now on.
func (s *Simulator) Turn(ctx context.Context, knob, value string) error {
	return s.ask(ctx, http.MethodPost, "/admin/knobs", map[string]string{knob: value}, nil)
}

func (s *Simulator) ask(ctx context.Context, method, path string, body, into any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, method, s.URL+path, bytes.NewReader(text))
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode >= http.StatusMultipleChoices {
		return fmt.Errorf("%s %s of the simulator: %s", method, path, answer.Status)
	}
	if into == nil {
		return nil
	}
	return json.NewDecoder(answer.Body).Decode(into)
}
