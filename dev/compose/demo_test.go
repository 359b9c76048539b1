package compose

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The demo talks to the simulator, with the simulator's key; without it nothing does,
// and the simulator isn't even started.
func TestTheDemoAndTheRealThingNeverMix(t *testing.T) {
	for name, c := range map[string]struct {
		envFiles        []string
		simulator       bool
		url, key, plain string
		volume          string
	}{
		"the real thing": {nil, false, "https://public-api.foxreload.com", "foxreload-api-key", "false", "shop_postgres-data"},
		"the demo":       {[]string{"deploy/demo.env"}, true, "http://simulator:8099", "simulator-api-key", "true", "foxflow-demo_postgres-data"},
	} {
		t.Run(name, func(t *testing.T) {
			project, err := Load(t.Context(), Source{Root: copied(t, "shop"), Environ: anybody, EnvFiles: c.envFiles})
			require.NoError(t, err)
			assert.Equal(t, c.volume, project.Volumes["postgres-data"].Name)
			_, there := project.Services["simulator"]
			assert.Equal(t, c.simulator, there)
			all, err := project.WithProfiles([]string{"*"})
			require.NoError(t, err)
			for _, name := range []string{"worker-1", "worker-2", "starter"} {
				environment := all.Services[name].Environment
				assert.Equal(t, c.url, deref(environment["FOXRELOAD_BASE_URL"]), name)
				assert.Equal(t, c.plain, deref(environment["FOXRELOAD_ALLOW_HTTP"]), name)
			}
			assert.Equal(t, filepath.Join(project.WorkingDir, "secrets", c.key), project.Secrets["foxreload-api-key"].File)
		})
	}
}

// The starter is a command, not a service: "up" must not start it.
func TestTheStarterIsRunByName(t *testing.T) {
	project, err := Load(t.Context(), Source{Root: root, Environ: anybody})
	require.NoError(t, err)
	assert.NotContains(t, project.ServiceNames(), "starter")
	assert.Empty(t, everything(t).Services["starter"].DependsOn, "\"run\" would start the jobs again each time")
}

func TestWithoutSecretsItSaysWhatToDo(t *testing.T) {
	_, err := Load(t.Context(), Source{Root: root})
	require.ErrorContains(t, err, "run make secrets first")
}

// What deploy/foxflow.env offers in comments is read by worker or starter.
func TestOfferedSettingsAreKnown(t *testing.T) {
	offered := regexp.MustCompile(`(?m)^(?:# )?([A-Z_]+)=\S`).FindAllStringSubmatch(read(t, "deploy/foxflow.env"), -1)
	require.NotEmpty(t, offered)
	for _, line := range offered {
		assert.True(t, describes(reads()["worker"], line[1]), line[1])
		assert.NotContains(t, []string{"FOXFLOW_LEDGER", "FOXFLOW_HTTP", "FOXFLOW_KEYSET_FILE"}, line[1], "the compose file sets it")
	}
}

func TestScriptsParse(t *testing.T) {
	for _, script := range []string{"deploy/secrets.sh", "deploy/temporal/schema.sh", "deploy/temporal/namespace.sh", "dev/images/make.sh", "dev/images/grafana-stand-in.sh"} {
		cmd := exec.Command("sh", "-n", script) //nolint:noctx // parses a file
		cmd.Dir = root
		said, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s: %s", script, said)
	}
}

// copied is a folder of that name, which gives volumes theirs, with what compose reads.
func copied(t *testing.T, name string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.CopyFS(filepath.Join(dir, "deploy"), os.DirFS(filepath.Join(root, "deploy"))))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "docker-compose.yml"), []byte(read(t, "docker-compose.yml")), 0o600))
	return dir
}

// secretsMade is a copy of what compose reads, after deploy/secrets.sh.
func secretsMade(t *testing.T) string {
	t.Helper()
	dir := copied(t, "shop")
	makeSecrets(t, dir)
	return dir
}

func makeSecrets(t *testing.T, dir string) string {
	t.Helper()
	starter, err := filepath.Abs(program("starter"))
	require.NoError(t, err)
	cmd := exec.Command("sh", filepath.Join(dir, "deploy", "secrets.sh")) //nolint:gosec,noctx // a script of this repository
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "STARTER=" + starter}
	said, err := cmd.CombinedOutput()
	require.NoError(t, err, string(said))
	return string(said)
}

func TestSecretsAreMadeOnceAndForThoseWhoReadThem(t *testing.T) {
	dir := secretsMade(t)
	project, err := Load(t.Context(), Source{Root: dir, EnvFiles: []string{".env", "deploy/demo.env"}, Profiles: []string{"*"}})
	require.NoError(t, err, "the .env that it made is all that the file asks for")
	folder, err := os.Stat(filepath.Join(dir, "secrets"))
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o700), folder.Mode().Perm(), "the folder keeps others out")

	readers := map[string][]types.ServiceConfig{}
	for _, service := range project.Services {
		for _, secret := range service.Secrets {
			file := project.Secrets[secret.Source].File
			readers[file] = append(readers[file], service)
		}
	}
	whole, err := project.MarshalYAML()
	require.NoError(t, err)
	text := map[string]string{}
	for file, services := range readers {
		info, err := os.Stat(file)
		require.NoError(t, err, "made by deploy/secrets.sh")
		assert.Zero(t, info.Mode().Perm()&0o222, "%s: nobody changes it by accident", file)
		for _, service := range services {
			assert.True(t, canRead(project, service, info), "%s (user %s) reads %s (%s)", service.Name, service.User, filepath.Base(file), info.Mode())
		}
		content, err := os.ReadFile(file)
		require.NoError(t, err)
		text[file] = string(content)
		assert.NotContains(t, string(whole), strings.TrimSpace(string(content)), "the file's project holds it in clear")
	}

	key := filepath.Join(dir, "secrets", "foxreload-api-key")
	assert.Contains(t, makeSecrets(t, dir), "partner key is missing")
	require.NoError(t, os.WriteFile(key, []byte("key-7731\n"), 0o644))
	env := filepath.Join(dir, ".env")
	before, err := os.ReadFile(env)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(env, append([]byte("MINE=1\n"), before...), 0o600))
	assert.Empty(t, makeSecrets(t, dir), "nothing was left to do")
	info, err := os.Stat(key)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o400), info.Mode().Perm())
	for file, was := range text {
		content, err := os.ReadFile(file)
		require.NoError(t, err)
		assert.Equal(t, was, string(content), "made again: %s", file)
	}
	after, err := os.ReadFile(env)
	require.NoError(t, err)
	assert.Equal(t, "MINE=1\n"+string(before), string(after), "other people's lines stay")
}

// canRead: a container's user reads a file that it owns, or that all may read.
func canRead(project *types.Project, service types.ServiceConfig, info os.FileInfo) bool {
	mode := info.Mode().Perm()
	if service.User == project.Environment["FOXFLOW_UID"]+":"+project.Environment["FOXFLOW_GID"] {
		return mode&0o400 != 0
	}
	return mode&0o004 != 0
}

func TestSecretsAreNeverCommitted(t *testing.T) {
	git := needs(t, "git")
	for _, name := range []string{"secrets/keyset.json", ".env"} {
		cmd := exec.Command(git, "check-ignore", "-q", name) //nolint:gosec,noctx // a command of this test
		cmd.Dir = root
		if _, err := os.Stat(filepath.Join(root, ".git")); err != nil {
			t.Skip("this is no git repository")
		}
		require.NoError(t, cmd.Run(), "%s is not in .gitignore", name)
	}
}
