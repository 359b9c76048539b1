package carry

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"foxflow/bench/rig"
)

// unlimited is what a worker is told where FoxReload has no limit.
const unlimited = 60_000

// beginFoxflow makes ledger and keyset, and runs one worker and the shop.
func beginFoxflow(r *Run) error {
	if !r.world.File {
		if err := r.database("ledger"); err != nil {
			return err
		}
	}
	keyset, err := r.world.Rig.Run(rig.Command{Name: r.name + "-keyset", Path: "starter", Args: []string{"keyset", "new"}, Out: &r.keyset})
	if err != nil {
		return err
	}
	<-keyset.Done()
	port, err := rig.FreePort()
	if err != nil {
		return err
	}
	r.health = "127.0.0.1:" + port
	if r.env, err = r.foxflowEnv(); err != nil {
		return err
	}
	if _, err := r.starter(nil, []string{"ledger", "migrate"}); err != nil {
		return err
	}
	if err := r.worker("worker", nil, r.env); err != nil {
		return err
	}
	if err := r.Worker.Answers("http://" + r.health + "/readyz"); err != nil {
		return err
	}
	return r.program("shop", "bench/shop", []string{"-item", rig.Product}, r.env)
}

// foxflowEnv is the environment of worker, starter and shop.
func (r *Run) foxflowEnv() ([]string, error) {
	w := r.world
	keys := filepath.Join(w.Rig.Dir, r.name+"-keyset.json")
	if err := os.WriteFile(keys, r.keyset.Bytes(), 0o600); err != nil {
		return nil, err
	}
	perMinute := w.PerMinute
	if perMinute == 0 {
		perMinute = unlimited
	}
	book := filepath.Join(w.Rig.Dir, r.name+".db")
	if !w.File {
		book = w.Rig.DatabaseURL(r.Database)
	}
	env := []string{"FOXFLOW_LEDGER=" + book, "FOXFLOW_KEYSET_FILE=" + keys, "FOXFLOW_TASK_QUEUE=" + r.name, "FOXFLOW_HTTP=" + r.health,
		"TEMPORAL_ADDRESS=" + w.Temporal.Address, "TEMPORAL_NAMESPACE=" + rig.Namespace,
		"FOXRELOAD_BASE_URL=" + w.Simulator.URL, "FOXRELOAD_API_KEY=" + rig.Key, fmt.Sprintf("FOXRELOAD_REQUESTS_PER_MINUTE=%d", perMinute)}
	for name, value := range map[string]time.Duration{"POLL_INITIAL": w.Poll, "POLL_MAX": w.PollMax,
		"STALL_AFTER": cmp.Or(w.StallAfter, w.scaled(300*time.Second)), "STALL_POLL": w.scaled(60 * time.Second)} {
		env = append(env, "FOXFLOW_"+name+"="+value.String())
	}
	return env, nil
}

// Starter runs a command of foxflow's starter in the run's environment, and gives what it printed.
func (r *Run) Starter(args ...string) (string, error) {
	var out bytes.Buffer
	_, err := r.starter(&out, args)
	return out.String(), err
}

// StarterMemory runs such a command, and gives the most memory that it had, in bytes.
func (r *Run) StarterMemory(args ...string) (int64, error) { return r.starter(nil, args) }

func (r *Run) starter(out io.Writer, args []string) (int64, error) {
	return r.world.Rig.Do(rig.Command{Name: r.name + "-starter", Path: "starter", Args: args, Env: r.env, Out: out})
}
