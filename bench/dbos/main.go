// Command dbos is the same order on DBOS Transact: a durable function whose steps are kept in
// PostgreSQL. What was carried when it was killed goes on when it starts again.
//
// It reads references from stdin, a line each, carries all of them at once, and prints each
// result as a line of JSON.
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

	"github.com/dbos-inc/dbos-transact-golang/dbos"
	"golang.org/x/time/rate"
)

func main() {
	var database string
	var perMinute int
	c := &calls{http: &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 100}}}
	flag.StringVar(&database, "database", "", "PostgreSQL's address")
	flag.StringVar(&c.api, "api", "http://127.0.0.1:8099", "where the API is")
	flag.StringVar(&c.key, "key", "demo-key", "the partner key")
	flag.StringVar(&c.item, "item", "", "the product to order, one of it")
	flag.DurationVar(&c.poll, "poll", 5*time.Second, "between two looks at an order")
	flag.IntVar(&perMinute, "requests-per-minute", 100, "0: no limit")
	flag.Parse()
	c.limiter = rate.NewLimiter(rate.Inf, 0)
	if perMinute > 0 {
		c.limiter = rate.NewLimiter(rate.Limit(float64(perMinute)/60), max(1, perMinute/20))
	}
	if err := run(database, c); err != nil {
		log.Fatal(err)
	}
}

func run(database string, c *calls) error {
	ctx, err := dbos.NewContext(context.Background(), dbos.Config{
		AppName: "orders", DatabaseURL: database, ApplicationVersion: "1", Logger: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))})
	if err != nil {
		return err
	}
	dbos.RegisterWorkflow(ctx, c.order)
	if err := dbos.Launch(ctx); err != nil {
		return err
	}
	var waiting sync.WaitGroup
	var printing sync.Mutex
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		reference := lines.Text()
		waiting.Go(func() {
			var end result
			order, err := dbos.RunWorkflow(ctx, c.order, reference, dbos.WithWorkflowID(reference))
			if err == nil {
				end, err = order.GetResult()
			}
			if err != nil {
				log.Printf("%s: %v", reference, err)
				end.State = "lost"
			}
			printing.Lock()
			defer printing.Unlock()
			fmt.Printf("{\"reference\":%q,\"state\":%q,\"codes\":%d}\n", reference, end.State, len(end.Codes))
		})
	}
	waiting.Wait()
	return dbos.Shutdown(ctx, 5*time.Second)
}
