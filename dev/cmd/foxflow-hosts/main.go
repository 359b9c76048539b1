// foxflow-hosts is what the storm between hosts needs in containers: it is mounted into
// them, and is part of nothing that is deployed.
//
//	foxflow-hosts wire ADDRESS NAME=PORT,HOST:PORT…   links, and where they are told what to be
//	foxflow-hosts clock PID OFF                       sets the clock of one process off, 0 right
package main

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"foxflow/dev/clock"
	"foxflow/dev/wire"
)

func main() {
	err := fmt.Errorf("wire or clock")
	switch args := os.Args[1:]; {
	case len(args) > 2 && args[0] == "wire":
		err = serve(args[1], args[2:])
	case len(args) == 3 && args[0] == "clock":
		err = setClock(args[1], args[2])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "foxflow-hosts:", err)
		os.Exit(1)
	}
}

// serve opens all links; it ends with the first that fails.
func serve(address string, links []string) error {
	failed := make(chan error)
	board := wire.Board{}
	for _, text := range links {
		name, rest, _ := strings.Cut(text, "=")
		port, target, found := strings.Cut(rest, ",")
		if !found {
			return fmt.Errorf("%s is not NAME=PORT,HOST:PORT", text)
		}
		listener, err := net.Listen("tcp", ":"+port) //nolint:gosec,noctx // on a network of the test's own
		if err != nil {
			return err
		}
		link := wire.NewLink(target)
		board[name] = link
		go func() { failed <- link.Serve(listener) }()
	}
	server := http.Server{Addr: address, Handler: board, ReadHeaderTimeout: 10 * time.Second}
	go func() { failed <- server.ListenAndServe() }()
	return <-failed
}

func setClock(process, off string) error {
	pid, err := strconv.Atoi(process)
	if err != nil {
		return err
	}
	by, err := time.ParseDuration(off)
	if err != nil {
		return err
	}
	return clock.Set(pid, by)
}
