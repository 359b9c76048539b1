#!/usr/bin/env bash
# with-progress.sh HEADLINE GO build -v FLAGS… PACKAGES…
# Runs the build and shows how far it is, in per cent, and the time left: on a terminal
# one line that changes, elsewhere a line every 30 s. A cached build says nothing.
set -euo pipefail
headline=$1
shift
work=$(mktemp -d)
log=$work/log weights=$work/weights
build=''
# Also on Ctrl-C: the compiler must not go on in the background. (What weighs the
# packages ends by itself, in seconds.)
trap '[ -z "$build" ] || kill "$build" 2>/dev/null || true; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

# weigh writes a line for each package of the build: its name, its weight, and 1 if it
# is not compiled yet. A package compiles for about as long as its source is large, and
# for a moment of the compiler's own: measured, that moment is worth 50 kB.
weigh() {
	local list=("$1" list)
	shift 2
	if [ "$1" = -C ]; then # has to come first
		list+=(-C "$2")
		shift 2
	fi
	list+=(-deps -f $'{{$p := .}}{{range .GoFiles}}{{$p.ImportPath}}\t{{if $p.Stale}}1{{else}}0{{end}}\t{{$p.Dir}}/{{.}}\n{{end}}')
	while [ $# -gt 0 ]; do
		case $1 in
		-v) ;;
		-o) shift ;;
		*) list+=("$1") ;;
		esac
		shift
	done
	"${list[@]}" 2>/dev/null | grep . >"$work/files"
	cut -f 3 "$work/files" | tr '\n' '\0' | xargs -0 wc -c | grep -v ' total$' | paste - "$work/files" |
		awk -F '\t' '{ split($1, size, " "); weight[$2] += size[1]; stale[$2] = $3 }
			END { for (name in weight) print name, weight[name] + 50000, stale[name] }' >"$work/weighed"
	mv "$work/weighed" "$weights"
}

# look prints the share that is done, in thousandths, how many packages were begun, and
# of how many. The last ones that were begun are still being compiled.
look() {
	awk -v cores="$cores" '
		FILENAME == ARGV[1] { weight[$1] = $2; if ($3) { named[$1]; all += $2; of++ } next }
		/^[^# ]+$/ { begun[++n] = $1; done += weight[$1]; if (!($1 in named)) { all += weight[$1]; of++ } }
		END {
			for (i = n; i > 0 && i > n - cores; i--) done -= weight[begun[i]] / 2
			printf "%d %d %d\n", all ? 1000 * done / all : 0, n, of
		}' "$weights" "$log"
}

# state is the line that is shown.
state() {
	if [ ! -s "$weights" ]; then
		printf '%d modules downloaded, %d packages compiled' \
			"$(grep -c '^go: downloading' "$log" || true)" "$(grep -cE '^[^# ]+$' "$log" || true)"
		return
	fi
	local share begun of left
	read -r share begun of < <(look)
	printf '%d %%, %d of %d packages' $((share / 10)) "$begun" "$of"
	if [ "$begun" -ge "$of" ]; then
		printf ', linking'
	elif [ "$share" -ge 30 ]; then # before that it would be a guess
		left=$(((SECONDS - compiling) * (1000 - share) / share))
		if [ "$left" -ge 90 ]; then printf ', about %d min left' $(((left + 30) / 60)); else printf ', about %d s left' "$left"; fi
	fi
}

cores=$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
every=${PROGRESS_EVERY:-30}
terminal=''
[ ! -t 2 ] || terminal=1 every=1
began=$SECONDS
compiling='' next=''
"$@" 2>"$log" &
build=$!
while kill -0 "$build" 2>/dev/null; do
	sleep 0.2
	elapsed=$((SECONDS - began))
	[ "$elapsed" -ge 3 ] || continue
	if [ -z "$next" ]; then
		echo "$headline" >&2
		next=$elapsed
	fi
	# What is to be compiled is known once all modules are there.
	if [ -z "$compiling" ] && grep -qE '^[^# ]+$' "$log"; then
		compiling=$SECONDS
		weigh "$@" 2>/dev/null &
	fi
	[ "$elapsed" -ge "$next" ] || continue
	next=$((elapsed + every))
	line=$(printf '  %d:%02d  %s' $((elapsed / 60)) $((elapsed % 60)) "$(state)")
	if [ -n "$terminal" ]; then printf '\r%s\033[K' "$line" >&2; else echo "$line" >&2; fi
done
[ -z "$next" ] || [ -z "$terminal" ] || echo >&2

status=0
wait "$build" || status=$?
build=''
if [ "$status" != 0 ]; then
	# Whatever is not the name of a compiled package: the compiler's words.
	grep -v -e '^go: downloading' -e '^[^# ]*$' "$log" >&2 || cat "$log" >&2
fi
exit "$status"
