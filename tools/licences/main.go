// Command licences lists the libraries that Go programs link, each with its
// version and licence, and fails when one is under a licence that allowed doesn't
// name: licences PACKAGE… in the folder of the module that they belong to. It
// reads the licence files of the modules on this machine and asks nobody else.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/google/go-licenses/v2/licenses"
	"k8s.io/klog/v2"
)

// allowed are licences that ask for no more than to be named and kept with the
// code, or, like MPL-2.0, for changes of the library's own files to be published.
// None of them reaches over to the program that links the library.
var allowed = []string{
	"0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "GNU-All-permissive-Copying-License", "ISC", "MIT", "MPL-2.0", "PostgreSQL",
	"Unlicense", "Zlib",
}

// known are libraries whose module has no licence file: what is known of them all
// the same. A new one stops the build until somebody has looked.
var known = map[string]string{
	// Generated from a few lines of protobuf by the authors of github.com/nexus-rpc/sdk-go
	// (MIT), for go.temporal.io/api (MIT), which brings it in.
	"github.com/nexus-rpc/nexus-proto-annotations/go/nexusannotations/v1": "none given; see tools/licences",
	// Nested modules don't get the licence file of their repository's root, here MIT.
	"github.com/cactus/go-statsd-client/statsd": "MIT (of its repository)",
}

// ours begins every package of this repository.
const ours = "foxflow/"

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "licences PACKAGE…: name the programs")
		os.Exit(2)
	}
	// The library's own remarks: assembly that it didn't look into, and the like. What
	// matters of them comes out as a library without a licence.
	klog.LogToStderr(false)
	klog.SetOutput(io.Discard)
	if err := list(context.Background(), os.Stdout, allowed, os.Args[1:]...); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// list writes the table; its error names every library that is not allowed.
func list(ctx context.Context, out io.Writer, allowed []string, programs ...string) error {
	classifier, err := licenses.NewClassifier()
	if err != nil {
		return fmt.Errorf("read the texts of known licences: %w", err)
	}
	libraries, err := licenses.Libraries(ctx, classifier, false, []string{ours}, programs...)
	if err != nil {
		return fmt.Errorf("find the libraries of %s: %w", strings.Join(programs, " "), err)
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "LIBRARY\tVERSION\tLICENCE")
	fmt.Fprintf(table, "Go standard library\t%s\tBSD-3-Clause\n", runtime.Version())
	var refused []string
	for _, library := range libraries {
		licence, ok := judge(library, allowed)
		fmt.Fprintf(table, "%s\t%s\t%s\n", library.Name(), library.Version(), licence)
		if !ok {
			refused = append(refused, fmt.Sprintf("licence not allowed: %s %s: %s", library.Name(), library.Version(), licence))
		}
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if len(refused) > 0 {
		return fmt.Errorf("%s\nallowed are: %s", strings.Join(refused, "\n"), strings.Join(allowed, ", "))
	}
	return nil
}

// judge gives the licence of a library in words and says whether it is allowed.
// Under several at once each of them has to be.
func judge(library *licenses.Library, allowed []string) (licence string, ok bool) {
	if len(library.Licenses) == 0 {
		if licence, ok = known[library.Name()]; ok {
			return licence, true
		}
		return "none found", false
	}
	var names []string
	ok = true
	for _, one := range library.Licenses {
		names = append(names, one.Name)
		ok = ok && slices.Contains(allowed, one.Name)
	}
	return strings.Join(names, " and "), ok
}
