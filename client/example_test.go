package client_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	sdk "go.temporal.io/sdk/client"

	"foxflow/client"
	"foxflow/client/clienttest"
	"foxflow/internal/keyset"
	"foxflow/ledger"
	"foxflow/order"
)

// The examples run with a ledger in a temporary folder and a stand-in for Temporal, which a
// worker's part is played in. A real program leaves Dial out and reads the rest from its
// settings.

// example is what an example stands on.
type example struct {
	*client.Client
	worker
	temporal *clienttest.Temporal
	close    func()
}

func open(ctx context.Context) example { return openAt(ctx, 100) }

// openAt is open with a budget of so many requests a minute.
func openAt(ctx context.Context, perMinute int) example {
	folder, err := os.MkdirTemp("", "client-example-")
	check(err)
	text, err := keyset.New()
	check(err)
	keys, err := keyset.Parse(text)
	check(err)
	book, err := ledger.Open(ctx, filepath.Join(folder, "foxflow.db"), keys)
	check(err)
	temporal := clienttest.New()
	c, err := client.New(ctx, client.Config{Ledger: book, Keys: keys, TaskQueue: "foxflow", PerMinute: perMinute, LookEvery: time.Millisecond,
		Temporal: client.Temporal{
			Options: func(context.Context) (sdk.Options, error) { return sdk.Options{HostPort: "127.0.0.1:7233"}, nil },
			Dial:    temporal.Dial,
		}})
	check(err)
	return example{Client: c, worker: worker{book}, temporal: temporal, close: func() {
		c.Close()
		check(errors.Join(book.Close(), os.RemoveAll(folder)))
	}}
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

// However often an order is placed, it is one order. Other content under its reference is
// refused, with what differs.
func ExampleClient_Place() {
	ctx := context.Background()
	shop := open(ctx)
	defer shop.close()

	request := order.Request{Reference: "shop-1001", Items: []order.Item{{ItemID: "product_a", Quantity: 2}}}
	status, how, err := shop.Place(ctx, request)
	fmt.Println(status.Reference, status.State, how == client.Began, err)

	_, how, err = shop.Place(ctx, request) // after a lost answer, a crash, at any time
	fmt.Println(how == client.Joined, err)

	request.Items[0].Quantity = 3
	_, _, err = shop.Place(ctx, request)
	if conflict, ok := errors.AsType[*client.Conflict](err); ok {
		for _, d := range conflict.Differences {
			fmt.Printf("%s: on record %s, asked for %s\n", d.Field, d.Have, d.Want)
		}
	}
	// Output:
	// shop-1001 creating true <nil>
	// true <nil>
	// item 1 quantity: on record 2, asked for 3
}

// Without Temporal nothing is begun, and the same again is right later.
func ExampleUnavailable() {
	ctx := context.Background()
	shop := open(ctx)
	defer shop.close()
	shop.temporal.Down = true

	request := order.Request{Reference: "shop-1001", Items: []order.Item{{ItemID: "product_a", Quantity: 1}}}
	_, _, err := shop.Place(ctx, request)
	if away, ok := errors.AsType[*client.Unavailable](err); ok {
		fmt.Println(away.Part, "is away:", away)
	}
	_, err = shop.Status(ctx, "shop-1001")
	fmt.Println(errors.Is(err, client.ErrNotFound), err)
	// Output:
	// temporal is away: Temporal at 127.0.0.1:7233 does not answer: connection refused
	// true order shop-1001 is not in this ledger
}

// Watch shows each state that the order enters, the ones on record first, to its end.
func ExampleClient_Watch() {
	ctx := context.Background()
	shop := open(ctx)
	defer shop.close()
	shop.temporal.Works = func(reference string) { go shop.completes(reference, `"AAAA-BBBB"`) }

	_, _, err := shop.Place(ctx, order.Request{Reference: "shop-1001", Items: []order.Item{{ItemID: "product_a", Quantity: 1}}})
	check(err)
	for look, err := range shop.Watch(ctx, "shop-1001", 5*time.Minute) {
		check(err)
		for _, step := range look.Entered {
			fmt.Println(step.State)
		}
	}
	// Output:
	// creating
	// active
	// paid
	// completed
}

// A look at codes is on record before anything is handed over.
func ExampleClient_Codes() {
	ctx := context.Background()
	shop := open(ctx)
	defer shop.close()
	shop.temporal.Works = func(reference string) { shop.completes(reference, `"AAAA-BBBB"`) }
	_, _, err := shop.Place(ctx, order.Request{Reference: "shop-1001", Items: []order.Item{{ItemID: "product_a", Quantity: 1}}})
	check(err)

	delivery, err := shop.Codes(ctx, "shop-1001", client.Looker{Who: "token:till-3", From: "192.0.2.7"})
	check(err)
	for _, item := range delivery.Items {
		for _, code := range item.Codes {
			fmt.Printf("%s: %v is %s\n", item.ItemID, code, code.Raw)
		}
	}
	log, err := shop.Audit(ctx, "shop-1001")
	check(err)
	last := log.Entries[len(log.Entries)-1]
	fmt.Println(last.Kind, last.Reason, log.Broken == nil)
	// Output:
	// product_a: [code] is "AAAA-BBBB"
	// look codes read by token:till-3 from 192.0.2.7 true
}

// An order that is paid can't be cancelled: it says so itself. One that has ended as
// cancelled is what was wanted, however often it is asked.
func ExampleClient_Cancel() {
	ctx := context.Background()
	shop := open(ctx)
	defer shop.close()
	for _, reference := range []string{"shop-1001", "shop-1002"} {
		_, _, err := shop.Place(ctx, order.Request{Reference: reference, Items: []order.Item{{ItemID: "product_a", Quantity: 1}}})
		check(err)
	}
	shop.temporal.Cancelled = func(reference string) (order.Status, error) { return shop.enters(reference, order.Cancelled), nil }
	status, again, err := shop.Cancel(ctx, "shop-1001")
	fmt.Println(status.State, again, err)
	status, again, err = shop.Cancel(ctx, "shop-1001")
	fmt.Println(status.State, again, err)

	shop.completes("shop-1002", `"AAAA-BBBB"`)
	_, _, err = shop.Cancel(ctx, "shop-1002")
	_, refused := errors.AsType[*client.NotCancellable](err)
	fmt.Println(refused, err)
	// Output:
	// cancelled false <nil>
	// cancelled true <nil>
	// true order shop-1002 can't be cancelled: it has ended already: completed
}

// Explain is for people: where an order stands, why, and what may be done.
func ExampleClient_Explain() {
	ctx := context.Background()
	shop := open(ctx)
	defer shop.close()
	_, _, err := shop.Place(ctx, order.Request{Reference: "shop-1001", Items: []order.Item{{ItemID: "product_a", Quantity: 2}}})
	check(err)
	shop.enters("shop-1001", order.Creating)
	shop.enters("shop-1001", order.Active)
	shop.enters("shop-1001", order.AwaitingTopUp, func(s *order.Status) { what := order.WaitTopUp; s.WaitingForCode = &what })

	told, err := shop.Explain(ctx, "shop-1001")
	check(err)
	fmt.Println(told.Summary)
	fmt.Println(told.Means)
	fmt.Println(strings.Join(told.Reasons(), "; "))
	fmt.Println(told.Next[0])
	// Output:
	// 2 × product_a
	// Nothing is paid.
	// waits for a top-up: the balance is too low; goes on by itself within a minute or so once the balance covers it, at once after: starter top-up shop-1001
	// starter top-up shop-1001 (once the balance is raised)
}

// List finds orders in the ledger, newest first.
func ExampleClient_List() {
	ctx := context.Background()
	shop := open(ctx)
	defer shop.close()
	for _, reference := range []string{"shop-1001", "shop-1002"} {
		_, _, err := shop.Place(ctx, order.Request{Reference: reference, Items: []order.Item{{ItemID: "product_a", Quantity: 1}}})
		check(err)
	}
	shop.completes("shop-1001", `"AAAA-BBBB"`)
	done, err := shop.List(ctx, ledger.Filter{State: order.Completed})
	check(err)
	for _, s := range done {
		fmt.Println(s.Reference, s.State, s.Codes())
	}
	// Output:
	// shop-1001 completed 1
}

// Many orders are placed hundreds at a time, and followed together: whoever watches is shown all
// of them once, and then what changes.
func ExampleMany_Watch() {
	ctx := context.Background()
	shop := open(ctx)
	defer shop.close()
	shop.temporal.Works = func(reference string) { go shop.completes(reference, `"AAAA-BBBB"`) }

	var requests []order.Request
	var references []string
	for _, reference := range []string{"shop-1001", "shop-1002", "shop-1003"} {
		requests = append(requests, order.Request{Reference: reference, Items: []order.Item{{ItemID: "product_a", Quantity: 1}}})
		references = append(references, reference)
	}
	check(shop.Many.Place(ctx, requests, func(_ int, placed client.Placed) error { return placed.Err }))

	ended := map[string]order.State{}
	for s, err := range shop.Many.Watch(ctx, references, 5*time.Minute) {
		check(err)
		if s.State.Ended() {
			ended[s.Reference] = s.State
		}
	}
	fmt.Println(ended)
	// Output:
	// map[shop-1001:completed shop-1002:completed shop-1003:completed]
}

// Whoever has raised the balance may say so: the orders that wait for money look at once. It is
// a hint, and harms none.
func ExampleWaiting_ToppedUp() {
	ctx := context.Background()
	shop := open(ctx)
	defer shop.close()
	for _, reference := range []string{"shop-1001", "shop-1002"} {
		_, _, err := shop.Place(ctx, order.Request{Reference: reference, Items: []order.Item{{ItemID: "product_a", Quantity: 1}}})
		check(err)
	}
	shop.enters("shop-1001", order.AwaitingTopUp, func(s *order.Status) { what := order.WaitTopUp; s.WaitingForCode = &what })

	told, err := shop.Waiting.ToppedUp(ctx, "shop-1001", "shop-1002")
	check(err)
	fmt.Println("looks again:", told.Woken)
	for _, s := range told.NotWaiting {
		fmt.Println("waits for nothing:", s.Reference, s.State)
	}
	// Output:
	// looks again: [shop-1001]
	// waits for nothing: shop-1002 creating
}
