package compose

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"foxflow/dev/storm"

	"github.com/stretchr/testify/require"
)

// TestStormOnHosts is the storm with each program on a host of its own: single links are
// cut, slowed and healed, hosts stand still, lose their network, see another time or have no
// room left, and the ledger's primary dies and its standby takes over.
// Promise 1: one reference, one paid order. Promise 2: nothing is guessed.
// Promise 3: nothing is lost. Promise 4: each state is on record.
func TestStormOnHosts(t *testing.T) {
	storm.RunOnHosts(t, func(overlay string) storm.Engine {
		files := map[string]string{"hosts/storm.json": overlay}
		for _, name := range []string{"compose.yml", "primary.sh", "standby.sh"} {
			files["hosts/"+name] = read(t, "dev/compose/hosts/"+name)
		}
		hosts, err := filepath.Abs(program("foxflow-hosts"))
		require.NoError(t, err)
		_, err = os.Stat(hosts)
		require.NoError(t, err, "make hosts-program")
		t.Setenv("HOSTS_PROGRAM", hosts)
		e := newEngine(t, stack{project: "foxflow-storm", files: []string{"hosts/compose.yml", "hosts/storm.json"}, add: files})
		e.compose("build", "--build-arg", "COMMIT="+commit(t), "worker-1", "ledger", "simulator")
		return hostEngine{e}
	})
}

// hostEngine is the engine as the storm has it: what fails is an answer.
type hostEngine struct{ e *engine }

func (h hostEngine) Compose(words ...string) (string, error) {
	status, out, errs := h.e.try(words...)
	if status != 0 {
		return out, fmt.Errorf("docker compose %v: %s", words, errs)
	}
	return out, nil
}

func (h hostEngine) Docker(words ...string) (string, error) {
	out, err := exec.Command("docker", words...).CombinedOutput() //nolint:gosec,noctx // asks the engine
	if err != nil {
		return "", fmt.Errorf("docker %v: %s", words, out)
	}
	return string(out), nil
}

func (h hostEngine) Secret(name string) string { return filepath.Join(h.e.dir, "secrets", name) }
