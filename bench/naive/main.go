// Command naive is the same order as a Temporal workflow in its first version: an activity
// for each step and for each row of the audit log, and a timer between two looks.
//
//	naive worker …   carries the orders
//	naive shop …     starts an order for each reference that it reads from stdin, waits for
//	                 all of them, and prints each result as a line of JSON
package main

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"log"
	"log/slog"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"
)

// api is added to the task queue's name for what calls the API: its rate is the API's limit.
const api = "-api"

type settings struct {
	temporal, namespace, queue, database string
	perMinute                            int
	input                                Input
	calls                                Calls
}

func main() {
	if len(os.Args) < 2 {
		log.Fatal("naive worker|shop [flags]")
	}
	var s settings
	flags := flag.NewFlagSet("naive", flag.ExitOnError)
	flags.StringVar(&s.temporal, "temporal", "127.0.0.1:7233", "Temporal's host:port")
	flags.StringVar(&s.namespace, "namespace", "default", "Temporal's namespace")
	flags.StringVar(&s.queue, "queue", "naive", "the task queue")
	flags.StringVar(&s.database, "database", "", "PostgreSQL's address, for the audit log")
	flags.StringVar(&s.calls.API, "api", "http://127.0.0.1:8099", "where the API is")
	flags.StringVar(&s.calls.Key, "key", "demo-key", "the partner key")
	flags.IntVar(&s.perMinute, "requests-per-minute", 100, "0: no limit")
	flags.StringVar(&s.input.Item, "item", "", "the product to order, one of it")
	flags.DurationVar(&s.input.Poll, "poll", 5*time.Second, "between two looks at an order")
	flags.BoolVar(&s.input.Lean, "lean", false, "write audit rows within the activity of their step")
	_ = flags.Parse(os.Args[2:]) // it exits by itself
	c, err := client.Dial(client.Options{HostPort: s.temporal, Namespace: s.namespace, Logger: sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler))})
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	run := map[string]func(settings, client.Client) error{"worker": work, "shop": sell}[os.Args[1]]
	if run == nil {
		log.Fatalf("%q is neither worker nor shop", os.Args[1])
	}
	if err := run(s, c); err != nil {
		log.Fatal(err)
	}
}

// work runs the worker until it is told to stop.
func work(s settings, c client.Client) error {
	ctx := context.Background()
	pool, err := pgxpool.New(ctx, s.database)
	if err != nil {
		return err
	}
	defer pool.Close()
	if _, err := pool.Exec(ctx, schema); err != nil {
		return err
	}
	s.calls.DB, s.calls.HTTP = pool, &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 100}}
	w := worker.New(c, s.queue, worker.Options{})
	w.RegisterWorkflow(Order)
	w.RegisterActivity(&s.calls)
	options := worker.Options{DisableWorkflowWorker: true}
	if s.perMinute > 0 {
		options.TaskQueueActivitiesPerSecond = float64(s.perMinute) / 60
	}
	calls := worker.New(c, s.queue+api, options)
	calls.RegisterActivity(&s.calls)
	if err := calls.Start(); err != nil {
		return err
	}
	defer calls.Stop()
	return w.Run(worker.InterruptCh())
}

// sell starts an order for each reference and prints how it ended.
func sell(s settings, c client.Client) error {
	var waiting sync.WaitGroup
	var printing sync.Mutex
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		in := s.input
		in.Reference = lines.Text()
		waiting.Go(func() {
			var end Result
			run, err := c.ExecuteWorkflow(context.Background(), client.StartWorkflowOptions{ID: in.Reference, TaskQueue: s.queue}, Order, in)
			if err == nil {
				err = run.Get(context.Background(), &end)
			}
			if err != nil {
				log.Printf("%s: %v", in.Reference, err)
				end.State = "lost"
			}
			printing.Lock()
			defer printing.Unlock()
			fmt.Printf("{\"reference\":%q,\"state\":%q,\"codes\":%d}\n", in.Reference, end.State, end.Codes)
		})
	}
	waiting.Wait()
	return nil
}
