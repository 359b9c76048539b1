package e2e

import (
	"bytes"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// References as shops have them, and the ids of their workflows.
var references = map[string]string{
	"#1001":     "order/%231001",
	"заказ 7":   "order/%D0%B7%D0%B0%D0%BA%D0%B0%D0%B7%207",
	"ऑर्डर-१२":  "order/%E0%A4%91%E0%A4%B0%E0%A5%8D%E0%A4%A1%E0%A4%B0-%E0%A5%A7%E0%A5%A8",
	"a/b":       "order/a%2Fb",
	"it's $(1)": "order/it%27s%20%24%281%29",
	"shop-1001": "order/shop-1001",
}

// An order of any reference is bought, followed and found, in Temporal too.
func TestReferencesOfRealShops(t *testing.T) {
	t.Parallel()
	s := newStack(t, nil, ownTemporal)
	c := s.Client()
	for reference, id := range references {
		placed := s.Starter("place", "--reference", reference, "--item", giftCard, "--wait")
		require.Zero(t, placed.Code, "%s: %s", reference, placed.Stderr)
		assert.Contains(t, placed.Stdout, reference)
		described, err := c.DescribeWorkflowExecution(t.Context(), id, "")
		require.NoError(t, err)
		assert.Equal(t, id, described.GetWorkflowExecutionInfo().GetExecution().GetWorkflowId())
		assert.Equal(t, reference, s.status(reference).Reference)
		for _, command := range []string{"codes", "explain", "audit"} {
			assert.Zero(t, s.Starter(command, reference).Code, "%s %s", command, reference)
		}
	}
	assert.Len(t, s.debits(), len(references))
	s.completesInBash()

	results := filepath.Join(s.Dir, "results.csv")
	file := "reference,item,quantity,note,mock,max_price\n"
	for reference := range references {
		file += fmt.Sprintf("%s,%s,1,,,\n", reference, giftCard)
	}
	again := s.Starter("place", "--file", s.Write("orders.csv", file), "--results", results)
	require.Zero(t, again.Code, again.Stderr)
	assert.Contains(t, again.Stdout, fmt.Sprintf("0 started, %d placed already", len(references)))
	text, err := os.ReadFile(results)
	require.NoError(t, err)
	for reference := range references {
		assert.Contains(t, string(text), reference+",")
	}
	assert.Len(t, s.debits(), len(references), "nothing was bought twice")
}

// completesInBash has a real bash complete what a person has begun to type.
func (s *stack) completesInBash() {
	s.Helper()
	bash, err := exec.LookPath("bash")
	if err != nil {
		s.Log("no bash: completion is left out")
		return
	}
	// bash-completion, which is not installed everywhere, gives the first function.
	script := s.Write("complete.sh", `
_init_completion() { cur=${COMP_WORDS[COMP_CWORD]}; prev=${COMP_WORDS[COMP_CWORD-1]}; words=("${COMP_WORDS[@]}"); cword=$COMP_CWORD; }
source <(starter completion bash)
COMP_WORDS=(starter "$@"); COMP_CWORD=$#; COMP_TYPE=9; COMP_LINE="starter $*"; COMP_POINT=${#COMP_LINE}
__start_starter 2>/dev/null
printf '%s\n' "${COMPREPLY[@]}"
`)
	complete := func(words ...string) string {
		cmd := exec.CommandContext(s.Context(), bash, append([]string{script}, words...)...) //nolint:gosec // of this test
		cmd.Env = append(s.Environment(), "LC_ALL=C.UTF-8", "PATH="+filepath.Dir(binary(s, "starter"))+":"+os.Getenv("PATH"))
		said, err := cmd.Output()
		require.NoError(s, err)
		return strings.TrimSpace(string(said))
	}
	assert.Equal(s, "shop-1001", complete("status", "sh"))
	assert.Equal(s, `заказ\ 7`, complete("explain", "зак"))
	assert.Equal(s, `a/b`, complete("codes", "a"))
	assert.Equal(s, giftCard, complete("place", "--item", "product_"))
}

// Input that only looks right is refused with the place of what is wrong; nothing starts.
func TestWhatNobodySeesIsRefused(t *testing.T) {
	t.Parallel()
	s := newStack(t, nil)
	header := "reference,item,quantity,note,mock,max_price\n"
	place := func(more ...string) []string {
		return append([]string{"place", "--item", gameTopUp, "--reference"}, more...)
	}
	for name, c := range map[string]struct {
		args  []string
		stdin string
		says  string
	}{
		"zero width space in a reference":  {place("shop\u200b1", "--note", "player_id=1"), "", "position 5 (U+200B)"},
		"direction in a reference":         {place("shop\u202a1", "--note", "player_id=1"), "", "position 5 (U+202A)"},
		"no-break space in a note":         {place("shop-1", "--note", "player_id=12\u00a034"), "", "position 3 (U+00A0)"},
		"blank at the end of a note":       {place("shop-1", "--note", "player_id=1234 "), "", "position 5, U+0020"},
		"the same line twice":              {[]string{"place", "--file", "-"}, header + strings.Repeat("shop-1,"+giftCard+",1,,,\n", 2), "stdin:3: item: is the same again as in line 2"},
		"an invisible character in a file": {[]string{"place", "--file", "-"}, header + "shop-1," + gameTopUp + ",1,player_id=1\u200b2,,\n", "stdin:2: note: player_id has an invisible character at position 2 (U+200B)"},
	} {
		t.Run(name, func(t *testing.T) {
			r := s.fed(c.stdin, "starter", c.args...)
			assert.Equal(t, 2, r.Code, r.Stderr)
			assert.Contains(t, r.Stderr, c.says)
			assert.NotContains(t, r.Stderr, "1234")
		})
	}
	var list struct{ Orders []order }
	s.json(&list, "list")
	assert.Empty(t, list.Orders)
	assert.Empty(t, s.debits())
}

// fed runs a program with something on its stdin.
func (s *stack) fed(stdin, name string, args ...string) result {
	s.Helper()
	cmd := exec.CommandContext(s.Context(), binary(s, name), args...) //nolint:gosec // ours
	cmd.Env, cmd.Dir, cmd.Stdin = s.Environment(), s.Dir, strings.NewReader(stdin)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		exit := new(exec.ExitError)
		require.ErrorAs(s, err, &exit)
	}
	return result{Code: cmd.ProcessState.ExitCode(), Stdout: stdout.String(), Stderr: stderr.String()}
}

func TestAFileFromAPipeIntoAPipe(t *testing.T) {
	t.Parallel()
	s := newStack(t, nil)
	file := "sep=;\r\nreference;item;quantity;note;mock;max_price\r\n#1;" + giftCard + ";;;;\r\n"
	utf16 := "\xff\xfe"
	for _, r := range file {
		utf16 += string([]byte{byte(r), 0})
	}
	r := s.fed(utf16, "starter", "place", "--file", "-", "--results", "-", "--wait")
	require.Zero(t, r.Code, r.Stderr)
	assert.Regexp(t, `^reference,order_id,state,cancel_reason,error\n#1,[^,]+,completed,,\n$`, r.Stdout)
}

// What can't be written is an error of every program, whatever it was to say.
func TestOutputOnAFullDisk(t *testing.T) {
	t.Parallel()
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("no /dev/full here")
	}
	defer full.Close()
	s := emptyStack(t)
	s.Write("keyset.json", s.Must("starter", "keyset", "new"))
	s.Must("starter", "ledger", "migrate")
	for _, args := range [][]string{{"keyset", "new"}, {"keyset", "rotate"}, {"list", "-o", "json"}, {"stats", "-o", "json"}, {"audit", "--verify-all"},
		{"pause"}, {"resume"}, {"completion", "bash"}, {"--help"}, {"--version"}} {
		code, said := s.into(full, "starter", args...)
		assert.Equal(t, 1, code, args)
		assert.Contains(t, said, "no space left on device", args)
	}
	for _, program := range []string{"worker", "codec", "simulator", "demo"} {
		for _, flag := range []string{"--help", "--version"} {
			code, said := s.into(full, program, flag)
			assert.Equal(t, 1, code, program)
			assert.Contains(t, said, "no space left on device", program)
		}
	}
}

// into runs a program whose stdout is a file.
func (s *stack) into(stdout *os.File, name string, args ...string) (code int, stderr string) {
	s.Helper()
	cmd := exec.CommandContext(s.Context(), binary(s, name), args...) //nolint:gosec // ours
	cmd.Env, cmd.Dir = s.Environment(), s.Dir
	var errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = stdout, &errs
	_ = cmd.Run()
	return cmd.ProcessState.ExitCode(), errs.String()
}

// Whoever reads no further is no error: the program ends without a word.
func TestABrokenPipeIsNoError(t *testing.T) {
	t.Parallel()
	s := emptyStack(t)
	s.Write("keyset.json", s.Must("starter", "keyset", "new"))
	s.Must("starter", "ledger", "migrate")
	read, write, err := os.Pipe()
	require.NoError(t, err)
	require.NoError(t, read.Close())
	cmd := exec.CommandContext(t.Context(), binary(t, "starter"), "list", "-o", "json") //nolint:gosec // ours
	cmd.Env, cmd.Dir, cmd.Stdout = s.Environment(), s.Dir, write
	var errs bytes.Buffer
	cmd.Stderr = &errs
	require.Error(t, cmd.Run())
	require.NoError(t, write.Close())
	status := cmd.ProcessState.Sys().(syscall.WaitStatus)
	assert.True(t, status.Signaled() && status.Signal() == syscall.SIGPIPE, "%v", status)
	assert.Empty(t, errs.String())
}

// One signal ends a command that waits for somebody who never writes.
func TestACommandThatWaitsForInputCanBeStopped(t *testing.T) {
	t.Parallel()
	s := emptyStack(t)
	s.Write("keyset.json", s.Must("starter", "keyset", "new"))
	pipe := filepath.Join(s.Dir, "orders.fifo")
	require.NoError(t, syscall.Mkfifo(pipe, 0o600))
	cmd := exec.CommandContext(t.Context(), binary(t, "starter"), "place", "--file", pipe) //nolint:gosec // ours
	cmd.Env, cmd.Dir = s.Environment(), s.Dir
	var errs bytes.Buffer
	cmd.Stderr = &errs
	require.NoError(t, cmd.Start())
	// It has opened the FIFO for reading once it can be opened for writing without a wait.
	s.Eventually("the FIFO to be read", func() bool {
		file, err := os.OpenFile(pipe, os.O_WRONLY|syscall.O_NONBLOCK, 0)
		if err != nil {
			return false
		}
		s.Cleanup(func() { _ = file.Close() })
		return true
	})
	require.NoError(t, cmd.Process.Signal(syscall.SIGINT))
	require.Error(t, cmd.Wait())
	assert.Equal(t, 1, cmd.ProcessState.ExitCode(), errs.String())
	assert.Contains(t, errs.String(), "interrupted")
}

// Every program says of which version, commit and Go it is: the same of all.
func TestEveryProgramTellsItsVersion(t *testing.T) {
	t.Parallel()
	s := emptyStack(t)
	form := regexp.MustCompile(`^(\S+) (\S+), commit \S+, go1\.\S+\n$`)
	versions := map[string]bool{}
	for _, program := range []string{"starter", "worker", "codec", "simulator", "demo", "foxflow-dev"} {
		said := s.Must(program, "--version")
		found := form.FindStringSubmatch(said)
		require.NotNil(t, found, said)
		assert.Equal(t, program, found[1])
		versions[found[2]] = true
	}
	assert.Len(t, versions, 1, "one version: %v", versions)
}

// The id in the Web UI's address is encoded; what a person reads is the reference.
func TestWebUIShowsAReferenceAsItWasWritten(t *testing.T) {
	t.Parallel()
	s := newStack(t, []string{"--balance", "usd=0.1"}, ownTemporal, withCodec)
	tab := browse(t)
	tab.signIn(s)
	tab.shows("payloads")
	const reference = "#7/заказ `1`"
	require.Zero(t, s.Starter("place", "--reference", reference, "--item", giftCard).Code)
	s.until(reference, "awaiting_topup")

	tab.open(s.UI + "/namespaces/" + s.Namespace + "/workflows/" + url.PathEscape("order/%237%2F%D0%B7%D0%B0%D0%BA%D0%B0%D0%B7%20%601%60"))
	tab.shows("OrderWorkflow", "RUNNING")
	tab.follow("User Metadata")
	tab.shows("Reference: "+reference, "starter top-up '"+reference+"'")
	tab.picture("reference")

	s.setBalance("50")
	require.Zero(t, s.Starter("top-up", reference).Code)
	s.until(reference, "completed")
}
