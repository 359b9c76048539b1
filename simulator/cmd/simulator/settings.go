package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"
	"github.com/spf13/pflag"

	"foxflow/simulator"
)

const envAPIKey = "SIMULATOR_API_KEY"

// settings are the program's flags.
type settings struct {
	listen    string
	apiKeys   []string
	keyFile   string
	opening   amounts
	state     string
	openAdmin bool
	logFormat string
	faults    planFlag
	faultSeed seedFlag
	knobs     map[string]*knobFlag
}

func newSettings() *settings {
	return &settings{opening: amounts{"usd": decimal.NewFromInt(100), "rub": decimal.NewFromInt(5000)}, knobs: map[string]*knobFlag{}}
}

func (s *settings) register(flags *pflag.FlagSet) {
	flags.SortFlags = false
	flags.StringVar(&s.listen, "listen", "127.0.0.1:8099", "`ADDRESS` to serve on; port 0 takes a free one")
	flags.StringArrayVar(&s.apiKeys, "api-key", nil, "accepted `KEY`; may be given several times (default: $"+envAPIKey+", else "+simulator.DefaultAPIKey+")")
	flags.StringVar(&s.keyFile, "key-file", "", "`FILE` that holds an accepted key: unlike a flag, no other user can read it")
	flags.Var(&s.opening, "balance", "opening balance of a new account, as `usd=100,rub=5000`")
	flags.StringVar(&s.state, "state", "", "`FILE` that keeps orders and money across restarts (default: in memory)")
	flags.BoolVar(&s.openAdmin, "open-admin", false, "let other machines use the admin API")
	flags.StringVar(&s.logFormat, "log-format", "json", "json, console or off")
	flags.Var(&s.faults, "faults", "faults at random: `PLAN` is KIND=RATE or KIND@ROUTE=RATE, comma separated, or the word storm; later entries win")
	flags.Var(&s.faultSeed, "fault-seed", "`SEED` of these faults: the same seed and the same requests give the same faults (default 1)")
	for _, knob := range simulator.AllKnobs() {
		flag := &knobFlag{name: knob.Name, kind: knob.Kind(), value: knob.Default}
		s.knobs[knob.Name] = flag
		help := knob.Help
		if knob.Values != nil {
			help += " (" + strings.Join(knob.Values, ", ") + ")"
		}
		flags.Var(flag, knob.Name, help)
	}
}

// config checks the flags against each other and the environment.
func (s *settings) config(environ map[string]string) (simulator.Config, error) {
	config := simulator.Config{Opening: s.opening, StateFile: s.state, OpenAdmin: s.openAdmin,
		FaultPlan: string(s.faults), FaultSeed: uint64(s.faultSeed)}
	if _, _, err := net.SplitHostPort(s.listen); err != nil {
		return config, usage("--listen: %q is not an address with a port; write e.g. 127.0.0.1:8099", s.listen)
	}
	if !slices.Contains([]string{"json", "console", "off"}, s.logFormat) {
		return config, usage("--log-format: %q is not one of json, console, off", s.logFormat)
	}
	keys, err := s.acceptedKeys(environ)
	if err != nil {
		return config, err
	}
	config.APIKeys = keys
	config.Tune = func(k *simulator.Knobs) {
		for _, flag := range s.knobs {
			if flag.given {
				_ = k.Set(flag.name, flag.value) // it was accepted when the flag was read
			}
		}
	}
	return config, nil
}

// acceptedKeys are those of the flags, else that of the environment. None: the
// simulator's default.
func (s *settings) acceptedKeys(environ map[string]string) ([]string, error) {
	keys := slices.Clone(s.apiKeys)
	if slices.ContainsFunc(keys, blank) {
		return nil, usage("--api-key: is empty; give the key that clients send in X-API-Key")
	}
	if s.keyFile != "" {
		text, err := os.ReadFile(s.keyFile)
		if err != nil {
			return nil, usage("--key-file: %w; name a file that holds the key", err)
		}
		if blank(string(text)) {
			return nil, usage("--key-file: %s is empty; put the key into it", s.keyFile)
		}
		keys = append(keys, strings.TrimSpace(string(text)))
	}
	if key, set := environ[envAPIKey]; set && len(keys) == 0 {
		if blank(key) {
			return nil, usage("%s: is empty; set it to a key such as %s, or unset it", envAPIKey, simulator.DefaultAPIKey)
		}
		keys = []string{key}
	}
	return keys, nil
}

func blank(text string) bool { return strings.TrimSpace(text) == "" }

// knobFlag is a knob as a flag: it refuses a wrong value with the knob's words.
type knobFlag struct {
	name, kind, value string
	given             bool
}

func (f *knobFlag) String() string { return f.value }
func (f *knobFlag) Type() string   { return f.kind }
func (f *knobFlag) Set(value string) error {
	trial := simulator.DefaultKnobs()
	if err := trial.Set(f.name, value); err != nil {
		return err
	}
	f.value, f.given = value, true
	return nil
}

// planFlag is a plan of faults; empty: the flag was not given.
type planFlag string

func (f *planFlag) String() string { return string(*f) }
func (f *planFlag) Type() string   { return "plan" }
func (f *planFlag) Set(text string) error {
	if err := simulator.CheckFaultPlan(text); err != nil {
		return err
	}
	if *f = planFlag(text); blank(text) {
		*f = "none"
	}
	return nil
}

// seedFlag is the seed of a plan; 0: the flag was not given.
type seedFlag uint64

func (f *seedFlag) String() string { return "" } // pflag would print 0 as the default
func (f *seedFlag) Type() string   { return "seed" }
func (f *seedFlag) Set(text string) error {
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil || n == 0 {
		return fmt.Errorf("%q is not a whole number from 1; write e.g. 7", text)
	}
	*f = seedFlag(n)
	return nil
}

// amounts are money per currency, written usd=100,rub=5000.
type amounts map[string]decimal.Decimal

func (a amounts) Type() string { return "amounts" }
func (a amounts) String() string {
	var parts []string
	for _, currency := range []string{"usd", "rub"} {
		if amount, there := a[currency]; there {
			parts = append(parts, currency+"="+amount.String())
		}
	}
	return strings.Join(parts, ",")
}

// Set replaces what was there: a currency left out is empty.
func (a *amounts) Set(text string) error {
	parsed := amounts{}
	for part := range strings.SplitSeq(text, ",") {
		currency, number, _ := strings.Cut(part, "=")
		amount, err := decimal.NewFromString(number)
		switch {
		case currency != "usd" && currency != "rub":
			return errors.New("the currencies are usd and rub; write e.g. usd=100,rub=5000")
		case err != nil || amount.IsNegative() || amount.Exponent() < -4:
			return fmt.Errorf("%q is not an amount of up to 4 decimal places; write e.g. usd=100,rub=5000", number)
		}
		parsed[currency] = amount
	}
	*a = parsed
	return nil
}
