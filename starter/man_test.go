package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"foxflow/internal/version"
)

// "make man" names the folder to write to; nothing of it is linked into the program.
const manVariable = "FOXFLOW_MAN"

func TestManPages(t *testing.T) {
	t.Parallel()
	folder := os.Getenv(manVariable)
	if folder == "" {
		folder = t.TempDir()
	}
	root := newApp(nil, nil, nil).root()
	root.DisableAutoGenTag = true
	day := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC) // the same source, the same pages
	require.NoError(t, doc.GenManTree(root, &doc.GenManHeader{Section: "1", Date: &day, Source: "foxflow " + version.Version, Manual: "foxflow"}, folder))
	everyCommand(root, func(cmd *cobra.Command) {
		page, err := os.ReadFile(filepath.Join(folder, strings.ReplaceAll(cmd.CommandPath(), " ", "-")+".1"))
		require.NoError(t, err)
		assert.Contains(t, string(page), "NAME")
	})
	page, err := os.ReadFile(filepath.Join(folder, "starter.1"))
	require.NoError(t, err)
	for _, means := range exits {
		assert.Contains(t, strings.ReplaceAll(string(page), `\-`, "-"), means)
	}
}
