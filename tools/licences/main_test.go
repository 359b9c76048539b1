package main

import (
	"bytes"
	"slices"
	"testing"

	"github.com/google/go-licenses/v2/licenses"
	"github.com/stretchr/testify/require"
)

func TestALibraryIsJudgedByAllOfItsLicences(t *testing.T) {
	for name, c := range map[string]struct {
		path     string
		licences []string
		licence  string
		ok       bool
	}{
		"allowed":            {"example.com/a", []string{"MIT"}, "MIT", true},
		"two allowed":        {"example.com/a", []string{"BSD-2-Clause", "ISC"}, "BSD-2-Clause and ISC", true},
		"copyleft":           {"example.com/a", []string{"GPL-3.0"}, "GPL-3.0", false},
		"one of two refused": {"example.com/a", []string{"MIT", "AGPL-3.0"}, "MIT and AGPL-3.0", false},
		"no licence":         {"example.com/a", nil, "none found", false},
		"no file, but known": {"github.com/cactus/go-statsd-client/statsd", nil, "MIT (of its repository)", true},
		"known, but changed": {"github.com/cactus/go-statsd-client/statsd", []string{"GPL-3.0"}, "GPL-3.0", false},
	} {
		t.Run(name, func(t *testing.T) {
			library := &licenses.Library{Packages: []string{c.path}}
			for _, licence := range c.licences {
				library.Licenses = append(library.Licenses, licenses.License{Name: licence})
			}
			licence, ok := judge(library, allowed)
			require.Equal(t, c.licence, licence)
			require.Equal(t, c.ok, ok)
		})
	}
}

// keyset/ stands for everything: it links a library under Apache-2.0.
func TestALibraryUnderALicenceThatIsNotAllowedIsNamed(t *testing.T) {
	t.Chdir("../..")
	var table bytes.Buffer
	require.NoError(t, list(t.Context(), &table, allowed, "./internal/keyset"))
	require.Regexp(t, `(?m)^github\.com/tink-crypto/tink-go/v2 +v2\.\S+ +Apache-2\.0$`, table.String())
	require.NotContains(t, table.String(), "foxflow")

	fewer := slices.DeleteFunc(slices.Clone(allowed), func(name string) bool { return name == "Apache-2.0" })
	err := list(t.Context(), &table, fewer, "./internal/keyset")
	require.ErrorContains(t, err, "licence not allowed: github.com/tink-crypto/tink-go/v2 v2.")
	require.ErrorContains(t, list(t.Context(), &table, allowed, "./nowhere"), "nowhere")
}
