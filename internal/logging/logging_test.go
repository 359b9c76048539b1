package logging

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
)

// written is what comes out on stderr while write runs.
func written(t *testing.T, write func()) []string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "stderr")
	file, err := os.Create(path)
	require.NoError(t, err)
	before := os.Stderr
	os.Stderr = file
	write()
	os.Stderr = before
	require.NoError(t, file.Close())
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	return strings.Split(strings.TrimSpace(string(text)), "\n")
}

func TestLinesAreJSONWithTheirTime(t *testing.T) {
	lines := written(t, func() {
		log, err := New("warn", "json")
		require.NoError(t, err)
		log.Info("not this")
		log.Warn("this", zap.String("reference", "shop-1"))
	})
	require.Len(t, lines, 1)
	var line map[string]any
	require.NoError(t, json.Unmarshal([]byte(lines[0]), &line))
	assert.Equal(t, "this", line["msg"])
	assert.Equal(t, "shop-1", line["reference"])
	_, err := time.Parse(time.RFC3339Nano, line["ts"].(string))
	assert.NoError(t, err)
}

func TestLinesForPeople(t *testing.T) {
	lines := written(t, func() {
		log, err := New("info", "console")
		require.NoError(t, err)
		Slog(log).Warn("through slog", "attempt", 3)
	})
	require.Len(t, lines, 1)
	assert.Contains(t, lines[0], "\tWARN\tthrough slog\t{\"attempt\": 3}")
}

// A Web UI that opens one long history asks more often than a log of work keeps
// lines, and a record with holes is none.
func TestAuditKeepsEveryLine(t *testing.T) {
	const many = 1000
	assert.Less(t, len(written(t, func() {
		log, err := New("info", "json")
		require.NoError(t, err)
		for range many {
			log.Info("decode")
		}
	})), many, "a log of work thins out")
	assert.Len(t, written(t, func() {
		log, err := NewAudit("json")
		require.NoError(t, err)
		for range many {
			log.Info("decode")
		}
	}), many)
}

func TestUnknownLevelIsRefused(t *testing.T) {
	_, err := New("loud", "json")
	assert.ErrorContains(t, err, `log from level "loud" on`)
}
