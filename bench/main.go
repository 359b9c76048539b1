// Command bench measures foxflow and its neighbours side by side, with real processes on this
// machine: see docs/bench.md. It fails for results that are wrong, an order lost or paid
// twice, and never for slow ones.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"foxflow/bench/measure"
	"foxflow/bench/report"
	"foxflow/bench/rig"
)

type options struct {
	root, bin, path, only, json, picture string
	quick, keep                          bool
}

func main() {
	var o options
	flag.StringVar(&o.root, "root", ".", "the repository")
	flag.StringVar(&o.bin, "bin", "bin", "where the programs are")
	flag.StringVar(&o.path, "path", "/usr/bin:/bin", "where programs find others")
	flag.StringVar(&o.only, "only", "", "the parts to run, as saturated,crowd; all: "+partNames())
	flag.StringVar(&o.json, "json", "", "a file for all figures as JSON")
	flag.StringVar(&o.picture, "picture", "", "a file for a picture, SVG")
	flag.BoolVar(&o.quick, "quick", false, "few orders, one round")
	flag.BoolVar(&o.keep, "keep", false, "leave the folder with the programs' logs")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1) //nolint:gocritic // nothing is left to stop
	}
}

func run(ctx context.Context, o options) (err error) {
	parts, err := chosen(o.only)
	if err != nil {
		return err
	}
	r, err := rig.New(o.root, o.bin, o.path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close(o.keep)) }()
	if o.keep {
		fmt.Fprintln(os.Stderr, "logs are in", r.Dir)
	}
	b := &measure.Bench{Rig: r, Sheet: &report.Sheet{}, Quick: o.quick, Log: os.Stderr}
	if err := b.Prepare(ctx); err != nil {
		return err
	}
	var failed error
	for _, part := range parts {
		if ctx.Err() != nil {
			break
		}
		if err := part.Run(b, ctx); err != nil {
			failed = errors.Join(failed, fmt.Errorf("%s: %w", part.Name, err))
		}
	}
	return errors.Join(failed, show(b.Sheet, o), breaches(b.Sheet))
}

// chosen are the parts that were asked for.
func chosen(only string) ([]measure.Part, error) {
	if only == "" {
		return slices.DeleteFunc(slices.Clone(measure.Parts), func(p measure.Part) bool { return p.Asked }), nil
	}
	var some []measure.Part
	for name := range strings.SplitSeq(only, ",") {
		at := slices.IndexFunc(measure.Parts, func(p measure.Part) bool { return p.Name == name })
		if at < 0 {
			return nil, fmt.Errorf("-only: there is no part %q; there are %s", name, partNames())
		}
		some = append(some, measure.Parts[at])
	}
	return some, nil
}

func partNames() string {
	var names []string
	for _, part := range measure.Parts {
		names = append(names, part.Name)
	}
	return strings.Join(names, ", ")
}

// show prints the tables, and writes the files that were asked for.
func show(s *report.Sheet, o options) error {
	err := s.Tables(os.Stdout)
	if o.json != "" {
		err = errors.Join(err, write(o.json, func(w io.Writer) error { return s.JSON(w, measure.About()) }))
	}
	if o.picture != "" {
		err = errors.Join(err, write(o.picture, func(w io.Writer) error { return s.Picture(w, measure.Charts) }))
	}
	return err
}

func write(path string, content func(io.Writer) error) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(content(file), file.Close())
}

func breaches(s *report.Sheet) error {
	if wrong := s.Breaches(); len(wrong) > 0 {
		return fmt.Errorf("%d results are wrong:\n%s", len(wrong), strings.Join(wrong, "\n"))
	}
	return nil
}
