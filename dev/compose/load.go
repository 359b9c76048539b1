package compose

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
)

// Source is where a project is read from.
type Source struct {
	Root string // folder of the repository, or a copy of what compose reads of it
	File string // the compose file; empty: docker-compose.yml in Root
	// EnvFiles are --env-file, relative to Root; later ones win.
	EnvFiles []string
	// Environ is what the caller's shell exports ("NAME=value"), beside nothing else.
	Environ []string
	// Profiles are --profile; without any, COMPOSE_PROFILES of EnvFiles and Environ counts.
	Profiles []string
}

// Load reads, checks and completes a project. Services whose profile is not active
// are in DisabledServices.
func Load(ctx context.Context, s Source) (*types.Project, error) {
	root, err := filepath.Abs(s.Root)
	if err != nil {
		return nil, fmt.Errorf("find folder %s: %w", s.Root, err)
	}
	file := s.File
	if file == "" {
		file = filepath.Join(root, "docker-compose.yml")
	}
	var envFiles []string
	for _, name := range s.EnvFiles {
		envFiles = append(envFiles, filepath.Join(root, name))
	}
	options, err := cli.NewProjectOptions([]string{file},
		cli.WithWorkingDirectory(root),
		cli.WithEnv(s.Environ),
		cli.WithEnvFiles(envFiles...),
		cli.WithDotEnv,
		cli.WithDefaultProfiles(s.Profiles...))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", file, err)
	}
	project, err := options.LoadProject(ctx)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", file, err)
	}
	return project, nil
}
