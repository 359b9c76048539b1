#!/usr/bin/env bash
# with-progress.sh HEADLINE COMMAND…
# Runs a "go build -v" and shows that it is alive: a line every second on a
# terminal, every 30 s elsewhere. A cached build says nothing at all.
set -euo pipefail
headline=$1
shift
log=$(mktemp)
build=
# Also on Ctrl-C: the compiler must not go on in the background.
trap '[ -z "$build" ] || kill "$build" 2>/dev/null || true; rm -f "$log"' EXIT
trap 'exit 130' INT TERM

"$@" 2>"$log" &
build=$!

every=30
[ -t 2 ] && every=1
began=$SECONDS
next=
while kill -0 "$build" 2>/dev/null; do
	sleep 0.2
	elapsed=$((SECONDS - began))
	[ "$elapsed" -ge 3 ] || continue
	if [ -z "$next" ]; then
		echo "$headline" >&2
		next=$elapsed
	fi
	[ "$elapsed" -ge "$next" ] || continue
	next=$((elapsed + every))
	line=$(printf '  %d:%02d  %d modules downloaded, %d packages compiled' $((elapsed / 60)) $((elapsed % 60)) \
		"$(grep -c '^go: downloading' "$log" || true)" "$(grep -c '^[^# ]*$' "$log" || true)")
	if [ "$every" = 1 ]; then printf '\r%s' "$line" >&2; else echo "$line" >&2; fi
done
[ -z "$next" ] || [ "$every" != 1 ] || echo >&2

status=0
wait "$build" || status=$?
build=
if [ "$status" != 0 ]; then
	# Whatever is not the name of a compiled package: the compiler's words.
	grep -v -e '^go: downloading' -e '^[^# ]*$' "$log" >&2 || cat "$log" >&2
fi
exit "$status"
