#!/bin/sh
# Looks for known vulnerabilities that the code reaches: vulncheck.sh [PACKAGE…], by
# default ./... of the folder that it is called in. GOVULNDB names another database
# than https://vuln.go.dev: a mirror, or file:///FOLDER with its files.
#
# Exit status: 0 looked, and nothing is reached; 3 something is; 4 NOT LOOKED, since
# no database could be reached (0 with VULNCHECK_OFFLINE=ok, said as loudly);
# 1 anything else.
set -eu
database=${GOVULNDB:-https://vuln.go.dev}
govulncheck=${GOVULNCHECK:-$(cd "$(dirname "$0")/.." && pwd)/bin/tools/govulncheck}

# It tells how old its database is when it can reach it. In an empty folder it would
# find nothing, and call that good.
age=$("$govulncheck" -version -db "$database" | sed -n 's/^DB updated: //p')
case $database in
file://*) [ -n "$(find "${database#file://}" -name '*.json' 2>/dev/null | head -n 1)" ] || age= ;;
esac
if [ -z "$age" ]; then
	echo "vulncheck: NOT LOOKED for known vulnerabilities: no database at $database (GOVULNDB names another)" >&2
	[ "${VULNCHECK_OFFLINE:-}" = ok ] || exit 4
	exit 0
fi
echo "vulncheck: database $database of $age" | sed "s/ of 0001-.*/ of unknown age/"
[ $# -gt 0 ] || set -- ./...
exec "$govulncheck" -db "$database" "$@"
