# Run once, when the primary's cluster is made: the standby may follow it.
echo 'host replication postgres all scram-sha-256' >>"$PGDATA/pg_hba.conf"
