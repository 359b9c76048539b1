// Command script is what a shop writes on its first afternoon: create, pay, ask every few
// seconds, behind one limiter. It keeps nothing: what it knows is gone when it ends.
//
// It reads references from stdin, a line each, carries all of them at once, and prints each
// result as a line of JSON.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strconv"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

type order struct {
	ID     string `json:"id"`
	Status string `json:"status"`
	Items  []struct {
		Codes []json.RawMessage `json:"externalData"`
	} `json:"items"`
}

type shop struct {
	api, key, item string
	poll           time.Duration
	limiter        *rate.Limiter
	http           *http.Client
}

func main() {
	s := &shop{http: &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 100}}}
	var perMinute int
	flag.StringVar(&s.api, "api", "http://127.0.0.1:8099", "where the API is")
	flag.StringVar(&s.key, "key", "demo-key", "the partner key")
	flag.StringVar(&s.item, "item", "", "the product to order, one of it")
	flag.DurationVar(&s.poll, "poll", 5*time.Second, "between two looks at an order")
	flag.IntVar(&perMinute, "requests-per-minute", 100, "0: no limit")
	flag.Parse()
	s.limiter = rate.NewLimiter(rate.Inf, 0)
	if perMinute > 0 {
		s.limiter = rate.NewLimiter(rate.Limit(float64(perMinute)/60), max(1, perMinute/20))
	}

	var orders sync.WaitGroup
	var printing sync.Mutex
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		reference := lines.Text()
		orders.Go(func() {
			o, err := s.carry(context.Background(), reference)
			if err != nil {
				log.Printf("%s: %v", reference, err)
				o.Status = "lost"
			}
			codes := 0
			for _, item := range o.Items {
				codes += len(item.Codes)
			}
			printing.Lock()
			defer printing.Unlock()
			fmt.Printf("{\"reference\":%q,\"state\":%q,\"codes\":%d}\n", reference, o.Status, codes)
		})
	}
	orders.Wait()
}

// carry takes one order from the create to its end.
func (s *shop) carry(ctx context.Context, reference string) (o order, err error) {
	body, err := json.Marshal(map[string]any{
		"items": []any{map[string]any{"itemId": s.item, "quantity": 1}}, "idempotencyKey": reference})
	if err != nil {
		return o, err
	}
	if err := s.call(ctx, http.MethodPost, "/api/orders/", body, &o); err != nil {
		return o, err
	}
	id := o.ID
	if err := s.call(ctx, http.MethodPost, "/api/orders/"+id+"/pay", []byte(`{"paymentProvider":null}`), nil); err != nil {
		return o, err
	}
	for {
		time.Sleep(s.poll)
		if err := s.call(ctx, http.MethodGet, "/api/orders/"+id, nil, &o); err != nil {
			return o, err
		}
		switch o.Status {
		case "completed", "failed", "cancelled":
			return o, nil
		}
	}
}

// call sends one request within the limit, and again where it was one too many.
func (s *shop) call(ctx context.Context, method, path string, body []byte, into any) error {
	for {
		if err := s.limiter.Wait(ctx); err != nil {
			return err
		}
		wait, err := s.send(ctx, method, path, body, into)
		if wait == 0 {
			return err
		}
		time.Sleep(wait)
	}
}

func (s *shop) send(ctx context.Context, method, path string, body []byte, into any) (wait time.Duration, err error) {
	request, err := http.NewRequestWithContext(ctx, method, s.api+path, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	request.Header.Set("X-API-Key", s.key)
	request.Header.Set("Content-Type", "application/json")
	answer, err := s.http.Do(request)
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	switch {
	case err != nil:
		return 0, err
	case answer.StatusCode == http.StatusTooManyRequests:
		seconds, _ := strconv.Atoi(answer.Header.Get("Retry-After"))
		return time.Duration(max(1, seconds)) * time.Second, nil
	case answer.StatusCode >= http.StatusMultipleChoices:
		return 0, errors.New(answer.Status + ": " + string(text))
	case into == nil:
		return 0, nil
	}
	return 0, json.Unmarshal(text, into)
}
