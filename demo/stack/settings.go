package stack

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

const host = "127.0.0.1"

// Settings say where a stack lives. Two stacks with different ports and folders
// run side by side.
type Settings struct {
	Bin           string // folder of the programs: worker, starter, simulator, foxflow-dev
	StateDir      string // folder of databases, keys and logs; made when missing
	TemporalPort  int
	UIPort        int
	SimulatorPort int
	// WorkerHTTP is the worker's health address; empty: port 9464, or any free one.
	WorkerHTTP string
	// TemporalAddress names a Temporal server that runs already. Then none is started.
	TemporalAddress string
	// UIURL is that server's Web UI, if there is one. Ignored when a server is started.
	UIURL string
	// Environ is what the processes inherit ("NAME=value"), less whatever could
	// lead them to a real account.
	Environ []string
	// Hurry, once closed, makes a stop that is under way kill what is left.
	Hurry <-chan struct{}

	apiKey string // the simulator's, made by prepare
}

// PortError is a port that can't be used: it names the variable and the fix.
type PortError struct {
	Variable, Problem, Fix string
}

func (e *PortError) Error() string { return fmt.Sprintf("%s: %s; %s", e.Variable, e.Problem, e.Fix) }

// complete makes paths absolute, fills what was left open and refuses what can't
// work.
func (s *Settings) complete() error {
	for _, path := range []*string{&s.Bin, &s.StateDir} {
		absolute, err := filepath.Abs(*path)
		if err != nil {
			return fmt.Errorf("find folder %s: %w", *path, err)
		}
		*path = absolute
	}
	seen := map[int]string{}
	for _, p := range []struct {
		variable string
		port     int
		used     bool
	}{
		{"TEMPORAL_PORT", s.TemporalPort, s.startsTemporal()},
		{"UI_PORT", s.UIPort, s.startsTemporal()},
		{"SIMULATOR_PORT", s.SimulatorPort, true},
	} {
		if !p.used {
			continue
		}
		if other := seen[p.port]; other != "" {
			return &PortError{p.variable, fmt.Sprintf("%d is the value of %s too", p.port, other), "give each its own port"}
		}
		seen[p.port] = p.variable
		if err := free(p.port); err != nil {
			return &PortError{p.variable, fmt.Sprintf("port %d can't be used: %v", p.port, err),
				fmt.Sprintf("is another stack running? Stop it, or set %s and FOXFLOW_STATE_DIR", p.variable)}
		}
	}
	if s.WorkerHTTP == "" {
		address, err := workerAddress()
		if err != nil {
			return err
		}
		s.WorkerHTTP = address
	}
	for _, program := range s.programs() {
		if _, err := os.Stat(filepath.Join(s.Bin, program)); errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("find program %s in %s: it is not there; run: make build", program, s.Bin)
		}
	}
	return nil
}

func (s Settings) startsTemporal() bool { return s.TemporalAddress == "" }

func (s Settings) programs() []string {
	programs := []string{"simulator", "worker", "starter"}
	if s.startsTemporal() {
		programs = append(programs, "foxflow-dev")
	}
	return programs
}

// Temporal is where the worker and the starter find Temporal.
func (s Settings) Temporal() string {
	if s.startsTemporal() {
		return net.JoinHostPort(host, strconv.Itoa(s.TemporalPort))
	}
	return s.TemporalAddress
}

// SimulatorURL is the API's base URL.
func (s Settings) SimulatorURL() string { return fmt.Sprintf("http://%s:%d", host, s.SimulatorPort) }

// WebUI is the address of Temporal's Web UI; empty when it is not known.
func (s Settings) WebUI() string {
	if s.startsTemporal() {
		return fmt.Sprintf("http://%s:%d", host, s.UIPort)
	}
	return s.UIURL
}

// Namespace is the Temporal namespace that orders live in.
func (s Settings) Namespace() string {
	if !s.startsTemporal() {
		for _, pair := range s.Environ {
			if value, found := strings.CutPrefix(pair, "TEMPORAL_NAMESPACE="); found && value != "" {
				return value
			}
		}
	}
	return namespace
}

func free(port int) error {
	if port < 1 || port > 65535 {
		return errors.New("it is not a number from 1 to 65535")
	}
	l, err := net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(port)))
	if err != nil {
		if op := (*net.OpError)(nil); errors.As(err, &op) {
			return op.Err
		}
		return err
	}
	return l.Close()
}

// workerAddress prefers the worker's documented port, so that a dashboard finds
// it, and takes any other when a second stack runs.
func workerAddress() (string, error) {
	for _, port := range []string{"9464", "0"} {
		if l, err := net.Listen("tcp", net.JoinHostPort(host, port)); err == nil {
			defer l.Close()
			return l.Addr().String(), nil
		}
	}
	return "", errors.New("find a free port for the worker: there is none; set FOXFLOW_HTTP")
}
