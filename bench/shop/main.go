// Command shop places orders with foxflow as a program of a shop would: it reads references
// from stdin, a line each, places them, and prints each result as a line of JSON. foxflow's
// own variables configure it.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log"
	"log/slog"
	"os"
	"sync"
	"time"

	sdk "go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"

	"foxflow/client"
	"foxflow/internal/settings"
	"foxflow/ledger"
	"foxflow/life"
	"foxflow/order"
)

// lookEvery is how often the ledger is asked for what is still open, at the most: no more than
// a twentieth of the time goes into it.
const lookEvery = 250 * time.Millisecond

// atOnce is how many orders are placed at the same time.
const atOnce = 16

func main() {
	item := flag.String("item", "", "the product to order, one of it")
	flag.Parse()
	if err := run(context.Background(), *item); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, item string) error {
	environ := os.Environ()
	s, err := settings.LoadStarter(environ)
	if err != nil {
		return err
	}
	keys, err := s.Keys()
	if err != nil {
		return err
	}
	book, err := ledger.Open(ctx, s.Ledger.Reveal(), keys)
	if err != nil {
		return err
	}
	defer func() { _ = book.Close() }()
	c, err := client.New(ctx, client.Config{Ledger: book, Keys: keys, TaskQueue: s.TaskQueue, Intervals: life.Intervals(s.Intervals),
		Temporal: client.Temporal{Options: func(context.Context) (sdk.Options, error) {
			options, err := settings.Temporal(environ)
			options.Logger = sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler))
			return options, err
		}}})
	if err != nil {
		return err
	}
	defer c.Close()
	if err := c.Ready(ctx); err != nil {
		return err
	}
	f := &follower{book: book, open: map[string]bool{}}
	go f.place(ctx, c, item)
	return f.follow(ctx)
}

// follower knows which orders have not ended yet.
type follower struct {
	book *ledger.Ledger
	mu   sync.Mutex
	open map[string]bool
	all  bool // all are placed
}

// place places what is read, so many at a time.
func (f *follower) place(ctx context.Context, c *client.Client, item string) {
	var placing sync.WaitGroup
	places := make(chan struct{}, atOnce)
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		reference := lines.Text()
		places <- struct{}{}
		placing.Go(func() {
			defer func() { <-places }()
			if err := placed(ctx, c, order.Request{Reference: reference, Items: []order.Item{{ItemID: item, Quantity: 1}}}); err != nil {
				log.Printf("%s: %v", reference, err)
				tell(end{Reference: reference, State: "lost"})
				return
			}
			f.mu.Lock()
			defer f.mu.Unlock()
			f.open[reference] = true
		})
	}
	placing.Wait()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.all = true
}

// placed places an order, and again where Temporal is in trouble, as a shop would.
func placed(ctx context.Context, c *client.Client, r order.Request) error {
	for {
		_, _, err := c.Place(ctx, r)
		if err == nil || client.AboutOne(err) || ctx.Err() != nil {
			return err
		}
		time.Sleep(time.Second)
	}
}

// follow tells of each order that has ended, until all have.
func (f *follower) follow(ctx context.Context) error {
	took := time.Duration(0)
	for {
		time.Sleep(max(lookEvery, 20*took))
		begun := time.Now()
		f.mu.Lock()
		gone := make(map[string]bool, len(f.open))
		for reference := range f.open {
			gone[reference] = true
		}
		over := f.all && len(f.open) == 0
		f.mu.Unlock()
		if over {
			return nil
		}
		var failed error
		for _, state := range order.States() {
			if !state.Ended() {
				failed = errors.Join(failed, f.book.Orders.Each(ctx, ledger.Filter{State: state}, func(s order.Status) error {
					delete(gone, s.Reference)
					return nil
				}))
			}
		}
		if failed != nil {
			return failed
		}
		took = time.Since(begun)
		for reference := range gone {
			if err := f.tellEnd(ctx, reference); err != nil {
				return err
			}
		}
	}
}

// tellEnd tells of an order that none of the lists held, if it has ended.
func (f *follower) tellEnd(ctx context.Context, reference string) error {
	s, err := f.book.Orders.Status(ctx, reference)
	if err != nil || !s.State.Ended() {
		return err // it went from a state that was not read yet to one that was
	}
	f.mu.Lock()
	delete(f.open, reference)
	f.mu.Unlock()
	tell(end{reference, string(s.State), s.Codes(), s.OrderID})
	return nil
}

// end is a line of what is printed.
type end struct {
	Reference string  `json:"reference"`
	State     string  `json:"state"`
	Codes     int     `json:"codes"`
	OrderID   *string `json:"orderId,omitempty"`
}

func tell(one end) {
	line, err := json.Marshal(one)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(line))
}
