#!/bin/sh
# Brings the schema of Temporal's two databases to the version of this image. May be
# run again: a database that is up to date stays as it is. Host, port, role and plugin
# come as SQL_…, the password from PGPASSFILE.
set -eu
for part in temporal:temporal temporal_visibility:visibility; do
	database=${part%%:*} schema=postgresql/v12/${part##*:}
	echo "schema of $database"
	temporal-sql-tool --db "$database" setup-schema -v 0.0
	temporal-sql-tool --db "$database" update-schema --schema-name "$schema"
done
