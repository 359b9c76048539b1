package compose

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// rolesKeepApart: each role does what it is for, with its password, and nothing else.
func (e *engine) rolesKeepApart() {
	e.Helper()
	for _, c := range []struct{ secret, role, database, statement, refused string }{
		{"foxflow-pgpass", "foxflow", "foxflow", "SELECT count(*) FROM audit", ""},
		{"foxflow-pgpass", "foxflow", "foxflow", "DELETE FROM audit", "permission denied"},
		{"foxflow-pgpass", "foxflow", "foxflow", "CREATE TABLE mine (n int)", "permission denied"},
		{"foxflow-pgpass", "foxflow", "temporal", "SELECT 1", "permission denied for database"},
		{"temporal-pgpass", "temporal", "foxflow", "SELECT 1", "permission denied for database"},
		{"temporal-pgpass", "temporal", "temporal_visibility", "SELECT count(*) FROM executions_visibility", ""},
		{"temporal-pgpass", "temporal", "temporal", "CREATE DATABASE mine", "permission denied"},
		{"temporal-pgpass", "foxflow", "foxflow", "SELECT 1", "no password supplied"},
		{"foxflow-owner-pgpass", "foxflow_owner", "foxflow", "DELETE FROM audit", "audit"},
	} {
		// From the network, as the others come. psql takes no password file that others can read.
		script := fmt.Sprintf("umask 077 && cat /run/secrets/%s >/tmp/pgpass && psql --no-psqlrc --no-password -d postgres://%s@postgres/%s -c '%s'",
			c.secret, c.role, c.database, c.statement)
		status, _, said := e.try("exec", "-T", "-e", "PGPASSFILE=/tmp/pgpass", "postgres", "sh", "-c", script)
		if c.refused == "" {
			assert.Zero(e, status, "%s: %s: %s", c.role, c.statement, said)
			continue
		}
		assert.NotZero(e, status, "%s: %s", c.role, c.statement)
		assert.Contains(e, said, c.refused, "%s: %s", c.role, c.statement)
	}
}

// secretsAreFiles: each service is given the secrets that the file names and no other,
// read-only, in files that its user can read and others can't.
func (e *engine) secretsAreFiles() {
	e.Helper()
	containers := e.containers()
	for name, c := range containers {
		var want, given []string
		for _, secret := range e.project.Services[name].Secrets {
			want = append(want, secret.Source)
		}
		for _, mount := range c.Mounts {
			secret, is := strings.CutPrefix(mount.Destination, secretsFolder)
			if !is {
				continue
			}
			given = append(given, secret)
			assert.False(e, mount.RW, "%s could write %s", name, secret)
			info, err := os.Stat(mount.Source)
			require.NoError(e, err)
			assert.True(e, canRead(e.project, e.project.Services[name], info), "%s reads %s (%s)", name, secret, info.Mode())
			assert.Zero(e, info.Mode().Perm()&0o333, "%s: %s", secret, info.Mode())
		}
		assert.Equal(e, sorted(want...), sorted(given...), name)
	}
	// Whoever is not given a key can't reach it by another way.
	status, _, said := e.try("exec", "-T", "postgres", "cat", "/run/secrets/keyset")
	assert.NotZero(e, status, said)
}

// secretWords are the secrets themselves, by name.
func (e *engine) secretWords() map[string]string {
	e.Helper()
	words := map[string]string{}
	for name, secret := range e.project.Secrets {
		text, err := os.ReadFile(secret.File)
		require.NoError(e, err)
		word := strings.TrimSpace(string(text))
		if strings.HasSuffix(name, "pgpass") {
			word = word[strings.LastIndex(word, ":")+1:]
		}
		if key := regexp.MustCompile(`"value":"([^"]+)"`).FindStringSubmatch(word); key != nil {
			word = key[1]
		}
		require.Greater(e, len(word), 16, name)
		words[name] = word
	}
	return words
}

// noSecretIsSeen: no secret is in what the engine tells of containers and images, in a
// process's arguments or environment, or in a log.
func (e *engine) noSecretIsSeen() {
	e.Helper()
	words := e.secretWords()
	look := func(where, text string) {
		require.NotEmpty(e, text, where)
		for name, word := range words {
			assert.False(e, strings.Contains(text, word), "%s is in %s", name, where)
		}
	}
	look("the logs", e.compose("logs", "--no-color"))
	for name, c := range e.containers() {
		look("the engine's word on "+name, e.docker("inspect", c.ID))
		for _, file := range []string{"cmdline", "environ"} {
			text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(c.State.Pid), file))
			if c.State.Pid != 0 && !os.IsPermission(err) { // another user's environment is root's to read
				require.NoError(e, err)
				look(file+" of "+name, string(text))
			}
		}
	}
	images := strings.Fields(e.compose("--profile", "*", "config", "--images"))
	slices.Sort(images)
	for _, image := range slices.Compact(images) {
		look("the history of "+image, e.docker("history", "--no-trunc", image))
	}
}
