package e2e

import (
	"encoding/json"
	"net/http"
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

// program is a program of the system that the test needs. On a user's machine the
// test is skipped without it; CI installs it.
func program(t testing.TB, name, from string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil && os.Getenv("CI") == "true" {
		require.NoError(t, err, "%s of Debian's package %s is missing", name, from)
	}
	if err != nil {
		t.Skipf("%s is missing: install Debian's package %s", name, from)
	}
	return path
}

// The alert rules are sound, and each is seen to fire when it should, to keep silent
// when it shouldn't, and to say what to do in words that are commands of the starter.
func TestAlertRules(t *testing.T) {
	t.Parallel()
	promtool := program(t, "promtool", "prometheus")
	for _, args := range [][]string{
		{"check", "config", "prometheus.yml"}, {"check", "rules", "foxflow.rules.yml"}, {"test", "rules", "foxflow.rules_test.yml"},
	} {
		cmd := exec.CommandContext(t.Context(), promtool, args...)
		cmd.Dir = filepath.Join(deploy, "prometheus")
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, string(out))
	}
	rules, err := os.ReadFile(filepath.Join(deploy, "prometheus", "foxflow.rules.yml"))
	require.NoError(t, err)
	tests, err := os.ReadFile(filepath.Join(deploy, "prometheus", "foxflow.rules_test.yml"))
	require.NoError(t, err)
	alerts := regexp.MustCompile(`- alert: (\w+)`).FindAllSubmatch(rules, -1)
	require.NotEmpty(t, alerts)
	for _, alert := range alerts {
		fires := `alertname: ` + string(alert[1]) + `\n +exp_alerts:\n`
		assert.Regexp(t, fires, string(tests), "a test in which it fires")
	}
	assert.Len(t, regexp.MustCompile(`(?m)^          summary: `).FindAll(rules, -1), len(alerts))
	assert.Len(t, regexp.MustCompile(`(?m)^          description: `).FindAll(rules, -1), len(alerts))
	for _, command := range regexp.MustCompile(`starter ([a-z-]+)`).FindAllSubmatch(rules, -1) {
		help := exec.CommandContext(t.Context(), binary(t, "starter"), string(command[1]), "--help")
		out, err := help.CombinedOutput()
		assert.NoError(t, err, "%s: %s", command[0], out)
	}
}

var exprRE = regexp.MustCompile(`(?m)^        expr: (.+)$`)

// readRules are the queries of the rules file.
func readRules(t *testing.T) (queries []string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(deploy, "prometheus", "foxflow.rules.yml"))
	require.NoError(t, err)
	for _, m := range exprRE.FindAllSubmatch(text, -1) {
		queries = append(queries, string(m[1]))
	}
	return queries
}

// prometheus is a real one that watches a stack's workers, as deploy/ has it set up.
type prometheus struct {
	*stack
	url string
}

func (s *stack) startPrometheus() prometheus {
	s.Helper()
	path := program(s, "prometheus", "prometheus")
	dir := s.TempDir()
	read := func(name string) string {
		text, err := os.ReadFile(filepath.Join(deploy, "prometheus", name))
		require.NoError(s, err)
		return string(text)
	}
	// What is not this machine's: the workers' names, and the patience.
	config := strings.NewReplacer("worker-1:9464", s.Env["FOXFLOW_HTTP"], "worker-2:9464", s.other, "15s", "1s").Replace(read("prometheus.yml"))
	require.Contains(s, config, s.Env["FOXFLOW_HTTP"])
	require.NoError(s, os.WriteFile(filepath.Join(dir, "prometheus.yml"), []byte(config), 0o600))
	require.NoError(s, os.WriteFile(filepath.Join(dir, "foxflow.rules.yml"), []byte(read("foxflow.rules.yml")), 0o600))
	p := prometheus{s, "http://" + freePort(s)}
	cmd := exec.Command(path, "--config.file="+filepath.Join(dir, "prometheus.yml"), "--storage.tsdb.path="+filepath.Join(dir, "data"), //nolint:noctx // ended below
		"--web.listen-address="+strings.TrimPrefix(p.url, "http://"))
	log, err := os.Create(filepath.Join(s.Dir, "prometheus.log"))
	require.NoError(s, err)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	require.NoError(s, cmd.Start())
	require.NoError(s, log.Close())
	s.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	s.Answers(p.url + "/-/ready")
	return p
}

type answer struct {
	Status, Error string
	Data          struct {
		Result []struct {
			Metric map[string]string
			Value  [2]any
		}
	}
}

func (p prometheus) ask(query string) (a answer) {
	p.Helper()
	response, err := http.Get(p.url + "/api/v1/query?query=" + url.QueryEscape(query)) //nolint:noctx // an address of this test
	require.NoError(p, err)
	defer response.Body.Close()
	require.NoError(p, json.NewDecoder(response.Body).Decode(&a))
	require.Empty(p, a.Error, query)
	return a
}

// one is the value of the only thing that a query finds.
func (p prometheus) one(query string) string {
	p.Helper()
	a := p.ask(query)
	require.Len(p, a.Data.Result, 1, query)
	value, _ := a.Data.Result[0].Value[1].(string)
	return value
}
