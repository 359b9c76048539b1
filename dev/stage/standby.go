package stage

import (
	"syscall"

	"github.com/stretchr/testify/require"
)

// WithStandby has the ledger on a PostgreSQL that another follows by streaming replication.
// Synchronous: the first acknowledges nothing that the other has not on disk.
func WithStandby(synchronous bool) Option {
	return func(s *Stack) {
		WithPostgres(s)
		s.Postgres.Standby = &Postgres{Address: FreePort(s), stack: s}
		if synchronous {
			s.Postgres.settings = []string{"synchronous_standby_names=*"}
		}
	}
}

// Die ends the primary with SIGKILL. It comes back with Return alone.
func (p *Postgres) Die() {
	p.stack.Helper()
	_, err := p.end()
	require.NoError(p.stack, err)
}

// Promote has the standby take writes from now on.
func (p *Postgres) Promote() {
	p.stack.Helper()
	p.Standby.SQL("postgres", "SELECT pg_promote()")
}

// Part has the standby follow the primary no more.
func (p *Postgres) Part() {
	p.stack.Helper()
	p.Standby.SQL("postgres", "ALTER SYSTEM SET primary_conninfo = ''")
	p.Standby.SQL("postgres", "SELECT pg_reload_conf()")
	p.stack.Eventually("the standby to be on its own", func() bool {
		return p.Standby.ask("postgres", "SELECT FROM pg_stat_wal_receiver") == 0
	})
}

// Return starts the primary again that died, as it was: it takes writes, as the promoted one does.
func (p *Postgres) Return() {
	s := p.stack
	s.Helper()
	before := p.said()
	require.NoError(s, s.Processes["testpostgres"].Cmd.Process.Signal(syscall.SIGHUP))
	p.back(before)
}
