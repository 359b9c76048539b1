// Command testpostgres runs a PostgreSQL for tests until it gets a signal:
//
//	testpostgres [HOST:PORT [STANDBY_HOST:PORT [SETTING=VALUE...]]]
//
// It prints the server's process id and HOST:PORT in a line, and again when the server
// has died, a moment after it was started anew. With a standby, whose line comes first, a
// server that died is started anew at SIGHUP alone; the settings are those of the first.
// Data are gone when it ends.
package main

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"foxflow/internal/ledgertest"
)

// anew is how long a server that died is away: long enough to be noticed.
const anew = 2 * time.Second

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "testpostgres:", err)
		os.Exit(1)
	}
}

func run(args []string) (err error) {
	stop, again := make(chan os.Signal, 1), make(chan os.Signal, 1)
	signal.Notify(stop, os.Interrupt, syscall.SIGTERM)
	signal.Notify(again, syscall.SIGHUP)
	address, follower := "", ""
	if len(args) > 0 {
		address, args = args[0], args[1:]
	}
	if len(args) > 0 {
		follower, args = args[0], args[1:]
	}
	cluster, err := ledgertest.Start(address, args...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cluster.Stop()) }()
	back := func() <-chan time.Time { return time.After(anew) }
	if follower != "" {
		standby, err := cluster.Standby(follower)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, standby.Stop()) }()
		back = func() <-chan time.Time { return nil }
		fmt.Println(standby.ID(), standby.Address())
	}
	for {
		fmt.Println(cluster.ID(), cluster.Address())
		select {
		case <-stop:
			return nil
		case <-cluster.Ended():
		}
		select {
		case <-stop:
			return nil
		case <-back():
		case <-again:
		}
		if err := cluster.Run(); err != nil {
			return err
		}
	}
}
