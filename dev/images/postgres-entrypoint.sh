#!/bin/bash
# The first start makes a cluster: POSTGRES_INITDB_ARGS for initdb, the superuser's
# password from POSTGRES_PASSWORD_FILE, and then whatever lies in
# /docker-entrypoint-initdb.d. The server that runs meanwhile listens on its socket alone.
set -euo pipefail

if [ "$1" = postgres ] && [ ! -s "$PGDATA/PG_VERSION" ]; then
	mkdir -p "$PGDATA"
	chmod 0700 "$PGDATA"
	# shellcheck disable=SC2086 # several arguments
	initdb -D "$PGDATA" --username=postgres --pwfile="$POSTGRES_PASSWORD_FILE" ${POSTGRES_INITDB_ARGS:-}
	echo "host all all all scram-sha-256" >>"$PGDATA/pg_hba.conf"
	pg_ctl -D "$PGDATA" -o "-c listen_addresses=''" -w start
	for file in /docker-entrypoint-initdb.d/*; do
		echo "running $file"
		case $file in
		*.sql) psql -v ON_ERROR_STOP=1 --no-psqlrc --no-password -U postgres -d postgres -f "$file" ;;
		*.sh) bash "$file" ;;
		*) echo "$file is neither .sql nor .sh: this stand-in leaves it out" ;;
		esac
	done
	pg_ctl -D "$PGDATA" -m fast -w stop
fi
exec "$@"
