#!/bin/sh
# Shows that "make programs" gives the same bytes wherever it runs: it builds here,
# and once more from a copy of the same files in another folder, without git and for
# another user's home. Nothing of either folder may be in a program.
#
# FRESH=1 compiles the copy from nothing, the libraries too (minutes). Otherwise
# what Go has compiled already is linked, and checked for traces of folders alone.
set -eu
cd "$(dirname "$0")/.."
go=${GO:-go}
here=$(pwd)
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

copy=$work/another/folder
mkdir -p "$copy" "$work/home"
git ls-files -z | tar -cf - --null -T - | tar -xf - -C "$copy"

# The copy has no git to ask which source it is.
COMMIT=$(git describe --always --abbrev=40 --exclude '*' --dirty)
export COMMIT

# Where Go keeps modules and what it compiled doesn't move with the home.
GOMODCACHE=$("$go" env GOMODCACHE) GOCACHE=$("$go" env GOCACHE) GOROOT=$("$go" env GOROOT)
export GOMODCACHE GOCACHE GOROOT
GOFLAGS=-buildvcs=true make -s programs GO="$go" BIN="$work/here"
[ -z "${FRESH:-}" ] || GOCACHE=$work/cache
(cd "$copy" && HOME=$work/home GOFLAGS=-buildvcs=auto TZ=Asia/Tokyo LC_ALL=C make -s programs GO="$go" BIN="$work/there")

status=0
for program in "$work"/here/*; do
	name=$(basename "$program")
	if ! cmp "$program" "$work/there/$name" >&2; then
		echo "reproducible: $name is not the same, built in another folder" >&2
		status=1
	fi
	for folder in "$here" "$copy" "$GOMODCACHE" "$GOROOT"; do
		if grep -qaF "$folder" "$program" "$work/there/$name"; then
			echo "reproducible: $name tells of the folder $folder that it was built with" >&2
			status=1
		fi
	done
done
[ "$status" != 0 ] || echo "reproducible: the same bytes from two folders: $(cd "$work/here" && echo *)"
exit $status
