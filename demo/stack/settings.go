package stack

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

const host = "127.0.0.1"

// Settings say where a stack lives. Two stacks with different ports and folders
// run side by side.
type Settings struct {
	Bin           string // folder of the programs: worker, starter, simulator, codec, foxflow-dev
	StateDir      string // folder of databases, keys and logs; made when missing
	TemporalPort  int
	UIPort        int
	SimulatorPort int
	// CodecPort is where the codec server opens payloads for the Web UI; 0: port 8234,
	// or any free one.
	CodecPort int
	// WorkerHTTP is the worker's health address; empty: port 9464, or any free one.
	WorkerHTTP string
	// TemporalAddress names a Temporal server that runs already. Then none is started.
	TemporalAddress string
	// TemporalCommand is the temporal command, by name or path: a server of its own is
	// started in place of foxflow-dev's. Ignored where TemporalAddress names one.
	TemporalCommand string
	// UIURL is the Web UI of TemporalAddress, if there is one. Ignored when a server is started.
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
	if err := s.checkPorts(); err != nil {
		return err
	}
	return s.fill()
}

// checkPorts refuses a port that is taken, or given twice.
func (s *Settings) checkPorts() error {
	seen := map[int]string{}
	for _, p := range []struct {
		variable string
		port     int
		used     bool
	}{
		{"TEMPORAL_PORT", s.TemporalPort, s.startsTemporal()},
		{"UI_PORT", s.UIPort, s.startsTemporal()},
		{"SIMULATOR_PORT", s.SimulatorPort, true},
		{"CODEC_PORT", s.CodecPort, s.CodecPort != 0},
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
	return nil
}

// fill finds the ports that were left open, and the programs.
func (s *Settings) fill() error {
	if s.WorkerHTTP == "" {
		port, err := preferred(9464)
		if err != nil {
			return fmt.Errorf("find a port for the worker: %w; set FOXFLOW_HTTP", err)
		}
		s.WorkerHTTP = net.JoinHostPort(host, strconv.Itoa(port))
	}
	if s.CodecPort == 0 {
		port, err := preferred(8234)
		if err != nil {
			return fmt.Errorf("find a port for the codec server: %w; set CODEC_PORT", err)
		}
		s.CodecPort = port
	}
	if u, err := url.Parse(s.WebUI()); err != nil || (s.WebUI() != "" && (u.Scheme == "" || u.Host == "")) {
		return fmt.Errorf("TEMPORAL_UI_URL: %q is no address of a Web UI; write it as http://127.0.0.1:8233", s.WebUI())
	}
	return s.findPrograms()
}

// findPrograms finds the temporal command and names what is missing.
func (s *Settings) findPrograms() error {
	if !s.startsTemporal() {
		s.TemporalCommand = ""
	}
	if s.TemporalCommand != "" {
		path, err := exec.LookPath(s.TemporalCommand)
		if err == nil {
			path, err = filepath.Abs(path) // it runs in a folder of its own
		}
		if err != nil {
			return fmt.Errorf("find the temporal command: %w; install it, or run with EMBEDDED=1", err)
		}
		s.TemporalCommand = path
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
	if s.WebUI() != "" {
		programs = append(programs, "codec")
	}
	if s.startsTemporal() && s.TemporalCommand == "" {
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

// Codec is the address of the codec server; empty where there is no Web UI to open
// payloads for.
func (s Settings) Codec() string {
	if s.WebUI() == "" {
		return ""
	}
	return fmt.Sprintf("http://%s:%d", host, s.CodecPort)
}

// CodecTokenFile holds the password of the codec server.
func (s Settings) CodecTokenFile() string { return filepath.Join(s.StateDir, codecTokenFile) }

// origin is the Web UI as a browser names it to other servers.
func (s Settings) origin() string {
	u, err := url.Parse(s.WebUI())
	if err != nil {
		return "" // complete has refused it
	}
	return u.Scheme + "://" + u.Host
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

// preferred is the documented port, so that it is found, or any other when a second
// stack runs.
func preferred(port int) (int, error) {
	for _, p := range []int{port, 0} {
		if l, err := net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(p))); err == nil {
			defer l.Close()
			return l.Addr().(*net.TCPAddr).Port, nil
		}
	}
	return 0, errors.New("none is free")
}
