package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/caarlos0/env/v11"
	"golang.org/x/term"

	"foxflow/demo/stack"
	"foxflow/internal/outlet"
)

// stage is the terminal that the demo speaks on.
type stage struct {
	out      io.Writer
	terminal bool
	colour   bool
}

func newStage(out *outlet.Writer, environ []string) *stage {
	vars := env.ToMap(environ)
	f := out.File()
	terminal := f != nil && term.IsTerminal(int(f.Fd()))
	return &stage{out: out, terminal: terminal, colour: terminal && vars["NO_COLOR"] == "" && vars["TERM"] != "dumb"}
}

func (s *stage) say(format string, args ...any) { fmt.Fprintf(s.out, format+"\n", args...) }

// bold marks what a reader looks for first; without colours the words stand alone.
func (s *stage) bold(text string) string {
	if !s.colour {
		return text
	}
	return "\x1b[1m" + text + "\x1b[0m"
}

// heading opens a chapter.
func (s *stage) heading(text string) {
	s.say("\n%s\n%s", s.bold(text), strings.Repeat("─", len([]rune(text))))
}

// command shows what is run next as a user would type it.
func (s *stage) command(args []string) {
	s.say("\n%s", s.bold("$ bin/starter "+strings.Join(args, " ")))
}

// whatItIs names the parts for somebody who sees them for the first time.
var whatItIs = map[string]string{
	"foxflow-dev": "Temporal server and Web UI",
	"temporal":    "Temporal server and Web UI",
	"simulator":   "FoxReload's stand-in",
	"worker":      "foxflow's worker",
	"codec":       "opens payloads for the Web UI",
}

func (s *stage) starting(name string, ready bool) {
	if !ready {
		fmt.Fprintf(s.out, "starting %-12s %-30s", name, whatItIs[name])
		return
	}
	s.say("ready")
}

// running says where everything is.
func (s *stage) running(st *stack.Stack) {
	s.say("")
	if ui := st.WebUI(); ui != "" {
		s.say("Web UI     %s", ui)
		s.say("           payloads are sealed: sign in at %s to read them there", st.Codec())
		s.say("           (any user name; the password is in %s)", st.CodecTokenFile())
		if st.TemporalCommand != "" {
			s.say("           and switch on its setting \"Include cross-origin credentials\" (codec server)")
		}
	}
	s.say("Temporal   %s", st.Temporal())
	s.say("Simulator  %s", st.SimulatorURL())
	s.say("Worker     http://%s/readyz", st.WorkerHTTP)
	s.say("State      %s (databases, keys, logs)", st.StateDir)
}

// idle says what can be done now.
func (s *stage) idle(st *stack.Stack) {
	s.say("\nIn another terminal:\n")
	s.say("  . %s", st.EnvFile())
	s.say("  bin/starter products search gift")
	s.say("  bin/starter --help")
	s.say("\nCtrl-C stops everything; the next start takes up where this one was.")
}
