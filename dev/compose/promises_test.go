package compose

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// promises are what the file promises of each service: nil, or what breaks it.
var promises = map[string]func(*types.Project, types.ServiceConfig) []string{
	"ports are this machine's":          localPorts,
	"images are pinned":                 pinnedImage,
	"nobody is root":                    noRoot,
	"containers can do little":          hardened,
	"secrets are files":                 noSecretInClear,
	"every secret file is mounted":      secretsMounted,
	"health is asked of what runs on":   healthAsked,
	"mounts are there and read-only":    mounts,
	"settings are those that are known": knownSettings,
	"what runs on is started again":     restarted,
	"nobody takes the whole machine":    limited,
}

func TestTheComposeFileKeepsItsPromises(t *testing.T) {
	project := everything(t)
	for promise, broken := range promises {
		t.Run(promise, func(t *testing.T) {
			for _, service := range project.Services {
				assert.Empty(t, broken(project, service), service.Name)
			}
		})
	}
}

// Each change breaks one promise, and is found by it. An empty promise: the file is
// no compose file any more.
func TestABrokenComposeFileIsFound(t *testing.T) {
	for name, c := range map[string]struct{ old, text, promise string }{
		"a port on every address":     {`["127.0.0.1:7233:7233"]`, `["7233:7233"]`, "ports are this machine's"},
		"a port on another address":   {`["127.0.0.1:3000:3000"]`, `["0.0.0.0:3000:3000"]`, "ports are this machine's"},
		"the host's own network":      {"    stop_grace_period: 15s", "    network_mode: host\n    stop_grace_period: 15s", "ports are this machine's"},
		"whatever is the latest":      {"prom/prometheus:v3.5.0", "prom/prometheus:latest", "images are pinned"},
		"an image without a tag":      {"postgres:16.14", "postgres", "images are pinned"},
		"a tag that moves":            {"grafana/grafana:12.4.0", "grafana/grafana:12", "images are pinned"},
		"root by number":              {`user: "472:472"`, `user: "0:0"`, "nobody is root"},
		"root by name":                {"user: postgres", "user: root", "nobody is root"},
		"the image's user":            {`    user: "65534:65534"` + "\n", "", "nobody is root"},
		"a root that can be written":  {"read_only: true", "read_only: false", "containers can do little"},
		"a capability":                {"    shm_size: 256m", "    cap_add: [SYS_ADMIN]\n    shm_size: 256m", "containers can do little"},
		"all capabilities":            {"cap_drop: [ALL]", "cap_drop: []", "containers can do little"},
		"new privileges":              {`["no-new-privileges:true"]`, `[]`, "containers can do little"},
		"a password in clear":         {"POSTGRES_PASSWORD_FILE: /run/secrets/postgres-password", "POSTGRES_PASSWORD: swordfish", "secrets are files"},
		"a password in an address":    {"postgres://foxflow@postgres", "postgres://foxflow:swordfish@postgres", "secrets are files"},
		"a password in a query":       {"foxflow?sslmode=disable", "foxflow?sslmode=disable&password=swordfish", "secrets are files"},
		"a key on the command line":   {"--key-file, /run/secrets/simulator-api-key", "--api-key, swordfish", "secrets are files"},
		"a secret that isn't mounted": {"secrets: [codec-token, keyset]", "secrets: [codec-token]", "every secret file is mounted"},
		"a secret for nothing":        {"secrets: [grafana-password]", "secrets: [grafana-password, keyset]", "every secret file is mounted"},
		"no health":                   {"test: [CMD, /codec, health]", "test: [NONE]", "health is asked of what runs on"},
		"an open port for health":     {"test: [CMD, /worker, health]", "test: [CMD, nc, -z, localhost, \"9464\"]", "health is asked of what runs on"},
		"a file that isn't there":     {"./deploy/postgres/roles.sql:", "./deploy/postgres/rules.sql:", "mounts are there and read-only"},
		"a file that can be written":  {"/schema.sh:ro", "/schema.sh", "mounts are there and read-only"},
		"a volume without a name":     {"- grafana-data:/var/lib/grafana", "- /var/lib/grafana", "mounts are there and read-only"},
		"the engine's socket":         {"- grafana-data:/var/lib/grafana", "- /var/run/docker.sock:/var/run/docker.sock:ro", "mounts are there and read-only"},
		"a setting nobody reads":      {"FOXFLOW_HTTP:", "FOXFLOW_HTPP:", "settings are those that are known"},
		"another program's setting":   {"FOXFLOW_CODEC_ORIGIN:", "FOXFLOW_POLL_MAX:", "settings are those that are known"},
		"not started again":           {"restart: unless-stopped", "restart: \"no\"", "what runs on is started again"},
		"memory without end":          {"    mem_limit: 768m\n", "", "nobody takes the whole machine"},
		"every core":                  {"    cpus: 2\n", "", "nobody takes the whole machine"},
		"a word that isn't one":       {"stop_grace_period: 80s", "stop_grace_perod: 80s", ""},
		"a volume that isn't made":    {"  grafana-data:\n", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			project, err := changed(t, c.old, c.text)
			if c.promise == "" {
				require.Error(t, err)
				return
			}
			require.NoError(t, err)
			var problems []string
			for _, service := range project.Services {
				problems = append(problems, promises[c.promise](project, service)...)
			}
			assert.NotEmpty(t, problems)
		})
	}
}

func localPorts(_ *types.Project, service types.ServiceConfig) (broken []string) {
	for _, port := range service.Ports {
		if port.HostIP != "127.0.0.1" {
			broken = append(broken, fmt.Sprintf("port %s is published on %q", port.Published, port.HostIP))
		}
	}
	if service.NetworkMode != "" {
		broken = append(broken, "network_mode "+service.NetworkMode)
	}
	return broken
}

// exact is a tag that names one version.
var exact = regexp.MustCompile(`^[a-z0-9./-]+:v?\d+\.\d+(\.\d+)?$`)

func pinnedImage(_ *types.Project, service types.ServiceConfig) []string {
	switch {
	case ours(service) && strings.HasSuffix(service.Image, ":local"):
	case !ours(service) && exact.MatchString(service.Image):
	default:
		return []string{"image " + service.Image}
	}
	return nil
}

func noRoot(_ *types.Project, service types.ServiceConfig) []string {
	if user, _, _ := strings.Cut(service.User, ":"); user == "" || user == "0" || user == "root" {
		return []string{fmt.Sprintf("runs as %q", service.User)}
	}
	return nil
}

func hardened(_ *types.Project, service types.ServiceConfig) (broken []string) {
	for what, is := range map[string]bool{
		"can write its root": !service.ReadOnly,
		"keeps capabilities": !slices.Contains(service.CapDrop, "ALL") || len(service.CapAdd) > 0,
		"can gain rights":    !slices.Contains(service.SecurityOpt, "no-new-privileges:true"),
		"is privileged":      service.Privileged || service.Pid != "" || len(service.Devices) > 0,
	} {
		if is {
			broken = append(broken, what)
		}
	}
	return broken
}

const secretsFolder = "/run/secrets/"

// secretWord is in the name of whatever may hold a secret.
var secretWord = regexp.MustCompile(`(?i)pass|pwd|token|secret|key`)

// harmless have such a word, and hold none.
var harmless = regexp.MustCompile(`^(FOXRELOAD_IDEMPOTENCY_KEY)$`)

func noSecretInClear(_ *types.Project, service types.ServiceConfig) (broken []string) {
	for name, value := range service.Environment {
		text := deref(value)
		if secretWord.MatchString(name) && !harmless.MatchString(name) && !strings.HasPrefix(text, secretsFolder) {
			broken = append(broken, name+" is no file in "+secretsFolder)
		}
		if holdsPassword(text) {
			broken = append(broken, name+" holds a password")
		}
	}
	words := slices.Concat([]string(service.Command), []string(service.Entrypoint))
	if service.HealthCheck != nil {
		words = append(words, service.HealthCheck.Test...)
	}
	for i, word := range words {
		flag, value, _ := strings.Cut(word, "=")
		if value == "" && i+1 < len(words) {
			value = words[i+1]
		}
		if strings.HasPrefix(flag, "-") && secretWord.MatchString(flag) && !strings.HasPrefix(value, secretsFolder) || holdsPassword(word) {
			broken = append(broken, "command line: "+flag)
		}
	}
	return broken
}

func holdsPassword(text string) bool {
	u, err := url.Parse(text)
	if err != nil || u.Scheme == "" {
		return false
	}
	_, inUser := u.User.Password()
	return inUser || u.Query().Has("password")
}

// secretsMounted wants each file under /run/secrets that a service names to be given
// to it, and no other.
func secretsMounted(project *types.Project, service types.ServiceConfig) (broken []string) {
	var given []string
	for _, secret := range service.Secrets {
		given = append(given, secret.Source)
		if file := project.Secrets[secret.Source].File; filepath.Dir(file) != filepath.Join(project.WorkingDir, "secrets") {
			broken = append(broken, secret.Source+" is not in secrets/")
		}
	}
	var named []string
	texts := slices.Concat([]string(service.Command), []string(service.Entrypoint))
	for _, value := range service.Environment {
		texts = append(texts, deref(value))
	}
	for _, text := range texts {
		if name, is := strings.CutPrefix(text, secretsFolder); is {
			named = append(named, name)
		}
	}
	if !slices.Equal(sorted(given...), sorted(named...)) {
		broken = append(broken, fmt.Sprintf("named %v, given %v", named, given))
	}
	return broken
}

func healthAsked(_ *types.Project, service types.ServiceConfig) (broken []string) {
	switch check := service.HealthCheck; {
	case isJob(service):
	case check == nil || check.Disable || len(check.Test) < 2 || check.Test[0] != "CMD":
		broken = append(broken, "no health check")
	case slices.Contains(check.Test, "nc"):
		broken = append(broken, "an open port is no health")
	case check.Interval == nil || check.Timeout == nil || check.Retries == nil || check.StartPeriod == nil:
		broken = append(broken, "interval, timeout, retries, start_period: not all are said")
	}
	return broken
}

func mounts(project *types.Project, service types.ServiceConfig) (broken []string) {
	for _, volume := range service.Volumes {
		switch {
		case volume.Type == types.VolumeTypeBind:
			_, err := os.Stat(volume.Source)
			inside := strings.HasPrefix(volume.Source, filepath.Join(project.WorkingDir, "deploy")+string(filepath.Separator))
			if err != nil || !inside || !volume.ReadOnly {
				broken = append(broken, "mount "+volume.Source)
			}
		case volume.Type != types.VolumeTypeVolume || volume.Source == "":
			broken = append(broken, "no named volume at "+volume.Target)
		}
	}
	return broken
}

// reads is what each program reads, as its help lists it. Worker and starter share
// deploy/foxflow.env, so each is given some settings that the other reads.
var reads = sync.OnceValue(func() map[string]string {
	worker, starter := help("worker"), help("starter")
	return map[string]string{"worker": worker + starter, "starter": starter + worker, "codec": help("codec"), "simulator": ""}
})

func knownSettings(_ *types.Project, service types.ServiceConfig) (broken []string) {
	if !ours(service) {
		return nil
	}
	for name := range service.Environment {
		if name != "PGPASSFILE" && !describes(reads()[service.Build.Target], name) {
			broken = append(broken, name+" is not read by "+service.Build.Target)
		}
	}
	return broken
}

func describes(help, name string) bool {
	return regexp.MustCompile(`(?m)^  (.*, )?` + regexp.QuoteMeta(name) + `\b`).MatchString(help)
}

func restarted(_ *types.Project, service types.ServiceConfig) []string {
	if _, waited := waitedFor[service.Name]; !waited && service.Restart != types.RestartPolicyUnlessStopped && len(service.Profiles) == 0 {
		return []string{"restart: " + service.Restart}
	}
	return nil
}

func limited(_ *types.Project, service types.ServiceConfig) (broken []string) {
	if service.MemLimit == 0 {
		broken = append(broken, "no mem_limit")
	}
	if service.CPUS == 0 {
		broken = append(broken, "no cpus")
	}
	return broken
}

// waitedFor are the jobs that run to their end, and who waits for that.
var waitedFor = map[string][]string{
	"temporal-schema":    {"temporal"},
	"temporal-namespace": {"worker-1", "worker-2"},
	"ledger":             {"worker-1", "worker-2"},
}

// Who waits for what, word for word: a worker that only waited for an open port would
// meet a server without its namespace and a ledger without tables.
func TestWhoWaitsForWhat(t *testing.T) {
	var lines []string
	for _, service := range everything(t).Services {
		for other, how := range service.DependsOn {
			lines = append(lines, fmt.Sprintf("%s: %s %s", service.Name, other, how.Condition))
		}
	}
	assert.Equal(t, sorted(
		"temporal-schema: postgres service_healthy",
		"temporal: temporal-schema service_completed_successfully",
		"temporal-namespace: temporal service_healthy",
		"temporal-ui: temporal service_healthy",
		"ledger: postgres service_healthy",
		"worker-1: ledger service_completed_successfully",
		"worker-1: temporal-namespace service_completed_successfully",
		"worker-2: ledger service_completed_successfully",
		"worker-2: temporal-namespace service_completed_successfully",
	), sorted(lines...))
}

func TestTheTwoWorkersAreAlike(t *testing.T) {
	project := everything(t)
	one, two := project.Services["worker-1"], project.Services["worker-2"]
	two.Name = one.Name
	assert.Equal(t, one, two)
	// What it must be longer than is in worker/timeouts_test.go.
	assert.Equal(t, 80*time.Second, time.Duration(*one.StopGracePeriod))
}

// What a browser is told must be what is published.
func TestTheWebUIAndTheCodecServerKnowEachOther(t *testing.T) {
	project := everything(t)
	address := func(service string) string {
		ports := project.Services[service].Ports
		require.Len(t, ports, 1)
		return "http://" + ports[0].HostIP + ":" + ports[0].Published
	}
	ui, codec := project.Services["temporal-ui"].Environment, project.Services["codec"].Environment
	assert.Equal(t, address("temporal-ui"), deref(codec["FOXFLOW_CODEC_ORIGIN"]))
	assert.Equal(t, address("temporal-ui"), deref(ui["TEMPORAL_CORS_ORIGINS"]))
	assert.Equal(t, address("codec"), deref(ui["TEMPORAL_CODEC_ENDPOINT"]))
	assert.Equal(t, address("codec"), deref(ui["TEMPORAL_CODEC_DEFAULT_ERROR_LINK"]))
}

func deref(value *string) string {
	if value == nil {
		return ""
	}
	return *value
}
