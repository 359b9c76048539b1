package storm

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"os/exec"
	"strings"
	"time"

	"foxflow/dev/stage"

	"go.temporal.io/api/workflowservice/v1"
)

// How the storm's hands reach programs that may be dead at the moment: a failure
// is an answer.

// try runs the command line; whatever goes wrong is in the result.
func (s *storm) try(args ...string) stage.Result { return s.tryFor(time.Minute, args...) }

// tryFor is try by somebody who does not wait for ever: what was asked for may be
// done later all the same.
func (s *storm) tryFor(patience time.Duration, args ...string) stage.Result {
	ctx, cancel := context.WithTimeout(s.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, stage.Binary(s, "starter"), args...)
	cmd.Env, cmd.Dir = s.Environment(), s.Dir
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if cmd.ProcessState == nil {
		return stage.Result{Code: -1, Stderr: err.Error()}
	}
	return stage.Result{Code: cmd.ProcessState.ExitCode(), Stdout: stdout.String(), Stderr: stderr.String()}
}

// tell posts to the simulator's admin API; false: it did not answer, or refused.
func (s *storm) tell(path, body string) bool {
	ctx, cancel := context.WithTimeout(s.Context(), 10*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.Simulator+path, strings.NewReader(body))
	if err != nil {
		return false
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	defer response.Body.Close()
	return response.StatusCode == http.StatusOK
}

// list is "starter list", of one state or "" for all; empty when it fails.
func (s *storm) list(state string) []listed {
	args := []string{"list", "-o", "json"}
	if state != "" {
		args = append(args, "--state", state)
	}
	var answer struct{ Orders []listed }
	if r := s.try(args...); r.Code != 0 || json.Unmarshal([]byte(r.Stdout), &answer) != nil {
		return nil
	}
	return answer.Orders
}

// open is how many of the storm's orders are not at their end, and whether one
// of them waits for a top-up.
func (s *storm) open() (open int, waiting bool) {
	closed := 0
	for _, o := range s.list("") {
		if ended[o.State] {
			closed++
		}
		waiting = waiting || o.State == "awaiting_topup"
	}
	return len(s.orders) - closed, waiting
}

// running is how many workflows Temporal says are open.
func (s *storm) running() int64 {
	ctx, cancel := context.WithTimeout(s.Context(), 10*time.Second)
	defer cancel()
	answer, err := s.client.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{
		Namespace: s.Namespace, Query: `ExecutionStatus = "Running"`})
	if err != nil {
		return -1
	}
	return answer.GetCount()
}
