package keyset

import (
	"fmt"
	"io"
	"os"
)

// ReadFile reads a keyset from a file that its owner alone may read: a key that
// others on the machine can read is no secret, so such a file is refused.
func ReadFile(path string) (*Keyset, error) {
	text, err := readText(path)
	if err != nil {
		return nil, err
	}
	keys, err := Parse(text)
	if err != nil {
		return nil, fmt.Errorf("read keyset %s: %w", path, err)
	}
	return keys, nil
}

// readText looks at the mode of the file it has opened, not of the path, which
// could name another file a moment later.
func readText(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("read keyset: %w", err)
	}
	defer file.Close()
	info, err := file.Stat()
	switch {
	case err != nil:
		return "", fmt.Errorf("read keyset: %w", err)
	case info.IsDir():
		return "", fmt.Errorf("read keyset %s: it is a folder", path)
	case info.Mode().Perm()&0o077 != 0:
		return "", fmt.Errorf("read keyset %s: others may use it (mode %04o): chmod 600 %s", path, info.Mode().Perm(), path)
	}
	text, err := io.ReadAll(io.LimitReader(file, maxText+1))
	if err != nil {
		return "", fmt.Errorf("read keyset: %w", err)
	}
	return string(text), nil
}
