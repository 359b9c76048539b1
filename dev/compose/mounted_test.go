package compose

import (
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What holds on the embedded server (timers on time, strict priority) holds on the
// compose file's, since both have the same dynamic configuration.
func TestBothTemporalServersAreConfiguredAlike(t *testing.T) {
	embedded, err := exec.Command(program("foxflow-dev"), "dynamic-config").Output() //nolint:gosec,noctx // one of foxflow's programs, which answers at once
	if err != nil {
		lacks(t, "foxflow-dev is not built: make foxflow-dev")
	}
	file := regexp.MustCompile(`(?m)^#.*\n`).ReplaceAllString(read(t, "deploy/temporal/dynamicconfig.yaml"), "")
	assert.Equal(t, string(embedded), file)
	assert.Contains(t, file, "history.timerprocessormaxtimeshift:\n    - value: 10ms\n")
}

// Grafana finds its dashboards where its provisioning says, and its source of figures
// where Prometheus listens.
func TestGrafanaFindsWhatIsMounted(t *testing.T) {
	var targets []string
	for _, volume := range everything(t).Services["grafana"].Volumes {
		if filepath.Base(volume.Source) == "dashboards" {
			targets = append(targets, volume.Target)
		}
	}
	require.Len(t, targets, 1)
	var provisioning strings.Builder
	files, err := filepath.Glob(filepath.Join(root, "deploy/grafana/provisioning/*/*.yml"))
	require.NoError(t, err)
	for _, file := range files {
		name, err := filepath.Rel(root, file)
		require.NoError(t, err)
		provisioning.WriteString(read(t, name))
	}
	assert.Contains(t, provisioning.String(), "path: "+targets[0]+"\n")
	assert.Contains(t, provisioning.String(), "url: http://prometheus:9090\n")
}
