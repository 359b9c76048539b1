// Command testpostgres runs a PostgreSQL for tests until it gets a signal:
//
//	testpostgres [HOST:PORT]
//
// It prints the server's process id and HOST:PORT in a line, and again when the server
// has died, a moment after it was started anew. Data are gone when it ends.
package main

import (
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"foxflow/ledger/ledgertest"
)

// anew is how long a server that died is away: long enough to be noticed.
const anew = 2 * time.Second

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "testpostgres:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	address := ""
	if len(args) > 0 {
		address = args[0]
	}
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, os.Interrupt, syscall.SIGTERM)
	cluster, err := ledgertest.Start(address)
	if err != nil {
		return err
	}
	for {
		fmt.Println(cluster.ID(), cluster.Address())
		select {
		case <-stop:
			return cluster.Stop()
		case <-cluster.Ended():
		}
		time.Sleep(anew)
		if err := cluster.Run(); err != nil {
			return err
		}
	}
}
