#!/bin/bash
# Follows the primary by way of the wire: first a copy of it, then what it streams.
set -euo pipefail
if [ ! -s "$PGDATA/PG_VERSION" ]; then
	PGPASSWORD=$(cat "$POSTGRES_PASSWORD_FILE")
	export PGPASSWORD
	until pg_basebackup -d "host=wire port=5302 user=postgres application_name=standby" -D "$PGDATA" \
		--checkpoint=fast --wal-method=stream --write-recovery-conf; do
		find "$PGDATA" -mindepth 1 -delete
		sleep 1
	done
	unset PGPASSWORD
fi
exec postgres
