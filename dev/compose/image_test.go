package compose

import (
	"crypto/sha256"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What the compose file builds, the Dockerfile makes: a target for each program, none
// of them root.
func TestTheDockerfileMakesEveryImage(t *testing.T) {
	dockerfile := read(t, "Dockerfile")
	for _, service := range everything(t).Services {
		if !ours(service) {
			continue
		}
		target := service.Build.Target
		assert.Regexp(t, `(?m)^FROM base AS `+target+`$`, dockerfile)
		assert.Contains(t, dockerfile, `ENTRYPOINT ["/`+target+`"]`)
		assert.Equal(t, "foxflow/"+target+":local", service.Image)
		if service.HealthCheck != nil {
			assert.Equal(t, []string{"CMD", "/" + target, "health"}, []string(service.HealthCheck.Test[:3]))
		}
	}
	for _, from := range regexp.MustCompile(`(?m)^FROM (\S+)( AS \S+)?$`).FindAllStringSubmatch(dockerfile, -1) {
		if from[1] != "base" {
			assert.Regexp(t, `^(golang:\d+\.\d+\.\d+-\w+|gcr\.io/distroless/static-debian\d+:nonroot)$`, from[1])
		}
	}
	assert.Regexp(t, `(?m)^FROM gcr\.io/distroless/\S+ AS base\nUSER 65532:65532$`, dockerfile)
	assert.NotContains(t, dockerfile, "USER root")
}

// "make images" makes each image that somebody asks for, and none for nobody.
func TestEveryNameIsGivenAnImage(t *testing.T) {
	var wanted, made []string
	for _, service := range everything(t).Services {
		if !ours(service) && !slices.Contains(wanted, service.Image) {
			wanted = append(wanted, service.Image)
		}
	}
	for _, from := range regexp.MustCompile(`(?m)^FROM (\S+:\S+)`).FindAllStringSubmatch(read(t, "Dockerfile"), -1) {
		wanted = append(wanted, from[1])
	}
	project, err := Load(t.Context(), Source{Root: filepath.Join(root, "dev", "images"), File: filepath.Join(root, "dev", "images", "compose.yml"),
		Environ: []string{"GOROOT=/go", "PROGRAMS=/programs", "PWD=/images"}})
	require.NoError(t, err)
	for _, service := range project.Services {
		made = append(made, service.Image)
	}
	assert.Equal(t, sorted(wanted...), sorted(made...))
}

// The image's Go is the one that everything here is built with.
func TestTheImagesGoIsTheRepositorys(t *testing.T) {
	version := regexp.MustCompile(`(?m)^go (\S+)$`).FindStringSubmatch(read(t, "dev/go.mod"))
	require.NotNil(t, version)
	assert.Contains(t, read(t, "Dockerfile"), "FROM golang:"+version[1]+"-")
}

// commit is what the programs of "make programs" say that they are made from.
func commit(t *testing.T) string {
	t.Helper()
	said, err := exec.Command(program("starter"), "--version").Output() //nolint:gosec,noctx // ours
	require.NoError(t, err)
	found := regexp.MustCompile(`, commit (\S+), go`).FindSubmatch(said)
	require.NotNil(t, found, string(said))
	return string(found[1])
}

func TestTheBuilderGetsNoSecretAndNoHistory(t *testing.T) {
	through := letThrough(t)
	for _, path := range through {
		assert.NotRegexp(t, `^(secrets|deploy|bin|dev|tools|\.git|\.foxflow)/|^\.env|_test\.go$|/testdata/`, path)
	}
	assert.Contains(t, through, "worker/main.go")
}

// letThrough are the files that .dockerignore lets into the builder.
func letThrough(t *testing.T) []string {
	t.Helper()
	patterns, err := ignorefile.ReadAll(strings.NewReader(read(t, ".dockerignore")))
	require.NoError(t, err)
	matcher, err := patternmatcher.New(patterns)
	require.NoError(t, err)
	var all []string
	require.NoError(t, filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		name, relErr := filepath.Rel(root, path)
		switch {
		case err != nil:
			return err
		case relErr != nil:
			return relErr
		case entry.IsDir() && (name == ".git" || name == "bin" || name == ".foxflow"):
			return filepath.SkipDir // large, and kept out by the first line
		case entry.IsDir():
			return nil
		}
		ignored, err := matcher.MatchesOrParentMatches(name)
		if err == nil && !ignored {
			all = append(all, name)
		}
		return err
	}))
	require.NotEmpty(t, all)
	return all
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	text, err := os.ReadFile(from)
	require.NoError(t, err)
	require.NoError(t, os.MkdirAll(filepath.Dir(to), 0o700))
	require.NoError(t, os.WriteFile(to, text, 0o600))
}

func digest(t *testing.T, path string) [sha256.Size]byte {
	t.Helper()
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	return sha256.Sum256(content)
}
