package ledgertest

import (
	"bytes"
	"fmt"
)

// Standby makes a second server, which follows this one by streaming replication and takes no
// writes until it is promoted (SELECT pg_promote()). address is as for Start.
func (c *Cluster) Standby(address string) (*Cluster, error) {
	return start(address, nil, func(standby *Cluster) error {
		out, err := standby.command("pg_basebackup", "--pgdata", standby.data(), "--host", host, "--port", c.port, "--username", "postgres",
			"--checkpoint", "fast", "--write-recovery-conf", "--no-sync").CombinedOutput()
		if err != nil {
			return fmt.Errorf("make a standby of a PostgreSQL cluster: %w: %s", err, bytes.TrimSpace(out))
		}
		return nil
	})
}
