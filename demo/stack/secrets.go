package stack

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"

	"foxflow/internal/program"
)

// prepare makes the state folder with the demo's own keys. What is there stays:
// with another keyset the ledger could not be read any more.
func (s *Settings) prepare(ctx context.Context) error {
	if err := os.MkdirAll(s.StateDir, 0o700); err != nil {
		return fmt.Errorf("make folder FOXFLOW_STATE_DIR: %w", err)
	}
	for _, secret := range []struct {
		file string
		make func() ([]byte, error)
	}{
		{keysetFile, func() ([]byte, error) { return s.newKeyset(ctx) }},
		// Its own for each stack, so that no two can be taken for each other.
		{apiKeyFile, func() ([]byte, error) { return []byte("demo-" + rand.Text() + "\n"), nil }},
		{codecTokenFile, func() ([]byte, error) { return []byte(rand.Text() + "\n"), nil }},
		{temporalFile, func() ([]byte, error) {
			return []byte("# Left empty, so that your own Temporal profiles don't apply here.\n"), nil
		}},
	} {
		if err := writeOnce(filepath.Join(s.StateDir, secret.file), secret.make); err != nil {
			return fmt.Errorf("make %s in %s: %w", secret.file, s.StateDir, err)
		}
	}
	key, err := os.ReadFile(filepath.Join(s.StateDir, apiKeyFile))
	if err != nil {
		return fmt.Errorf("read the demo's key: %w", err)
	}
	s.apiKey = string(bytes.TrimSpace(key))
	return s.writeEnvFile()
}

func (s *Settings) newKeyset(ctx context.Context) ([]byte, error) {
	keyset := exec.CommandContext(ctx, filepath.Join(s.Bin, "starter"), "keyset", "new")
	keyset.Env = s.environ()
	var said bytes.Buffer
	keyset.Stderr = &said
	text, err := keyset.Output()
	if err != nil {
		return nil, fmt.Errorf("run starter keyset new: %w: %s", err, bytes.TrimSpace(said.Bytes()))
	}
	return text, nil
}

// writeOnce makes a file that only its owner can read, whole or not at all,
// unless it is there.
func writeOnce(path string, content func() ([]byte, error)) error {
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	text, err := content()
	if err != nil {
		return err
	}
	return program.Replace(path, func(file *os.File) error { // a kill leaves no half a keyset
		_, err := file.Write(text)
		return err
	})
}
