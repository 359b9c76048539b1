#!/bin/sh
# Runs every fuzz test of the root module for a number of inputs: fuzz.sh [COUNT], e.g.
# 5000x. A time would do too, but a run that is stopped by its time while a worker is at
# an input fails now and then without a finding ("context deadline exceeded").
# Go fuzzes one target of one package at a time, so each gets its own run. What
# breaks one is kept as a seed in that package's testdata/fuzz, and from then on
# every "go test" tries it. Making inputs smaller is bounded: left alone, Go spends
# the whole of a short run on that and tries nothing new.
set -eu
count=${1:-5000x}
go=${GO:-go}
cd "$(dirname "$0")/.."
packages=$(find . -path ./dev -prune -o -name '*_test.go' -exec grep -l '^func Fuzz' {} + | xargs -n1 dirname | sort -u)
for package in $packages; do
	targets=$("$go" test -list '^Fuzz' "$package" | grep '^Fuzz')
	for target in $targets; do
		echo "fuzz $package $target, $count"
		"$go" test -run '^$' -fuzz "^$target\$" -fuzztime "$count" -fuzzminimizetime 50x "$package"
	done
done
