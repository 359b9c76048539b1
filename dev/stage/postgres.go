package stage

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

// The ledger on PostgreSQL, as README's "Deploying" has it: who owns the tables makes
// them, and worker and starter come as a role that can only use them.
const (
	LedgerOwner = "owner"
	LedgerRole  = "foxflow"
)

// Postgres is a server of the stack's own, which has the ledger.
type Postgres struct {
	Address  string    // host:port
	Standby  *Postgres // follows it; nil where it is alone
	settings []string
	stack    *Stack
}

// WithPostgres has the ledger on a PostgreSQL of the stack's own.
func WithPostgres(s *Stack) { s.Postgres = &Postgres{Address: FreePort(s), stack: s} }

func (p *Postgres) start() {
	s := p.stack
	s.Helper()
	args := []string{p.Address}
	if p.Standby != nil {
		args = append(append(args, p.Standby.Address), p.settings...)
	}
	s.Run("testpostgres", args...)
	s.Eventually("PostgreSQL to be ready", func() bool {
		said := p.said()
		if strings.Contains(said, "are not here") {
			require.NotEqual(s, "true", os.Getenv("CI"), said)
			s.Skip(said)
		}
		return strings.Contains(said, p.Address)
	})
	s.Cleanup(func() { s.Stop("testpostgres") }) // before it is killed: so it tidies up
	p.SQL("postgres", "CREATE ROLE "+LedgerOwner+" LOGIN")
	p.SQL("postgres", "CREATE ROLE "+LedgerRole+" LOGIN")
	p.SQL("postgres", "CREATE DATABASE foxflow OWNER "+LedgerOwner)
	s.Env["FOXFLOW_LEDGER"] = p.Ledger(LedgerOwner)
	s.Must("starter", "ledger", "migrate", "--grant-to", LedgerRole)
	s.Env["FOXFLOW_LEDGER"] = p.Ledger(LedgerRole)
}

// Ledger is the ledger's address for a role.
func (p *Postgres) Ledger(role string) string {
	if p.Standby != nil {
		return fmt.Sprintf("postgres://%s@%s,%s/foxflow?sslmode=disable&target_session_attrs=read-write", role, p.Address, p.Standby.Address)
	}
	return p.Alone(role)
}

// Alone is the ledger's address for a role that knows of no standby.
func (p *Postgres) Alone(role string) string {
	return fmt.Sprintf("postgres://%s@%s/foxflow?sslmode=disable", role, p.Address)
}

// SQL runs a statement as the server's superuser.
func (p *Postgres) SQL(database, statement string) {
	p.stack.Helper()
	p.ask(database, statement)
}

// ask runs a statement as the server's superuser, and returns how many rows it came to.
func (p *Postgres) ask(database, statement string) (rows int64) {
	s := p.stack
	s.Helper()
	ctx := context.WithoutCancel(s.Context())
	c, err := pgx.Connect(ctx, fmt.Sprintf("postgres://postgres@%s/%s?sslmode=disable", p.Address, database))
	require.NoError(s, err)
	defer func() { _ = c.Close(ctx) }()
	done, err := c.Exec(ctx, statement)
	require.NoError(s, err, statement)
	return done.RowsAffected()
}

// Kill ends the server with SIGKILL; it comes back after a moment.
func (p *Postgres) Kill() error {
	before, err := p.end()
	if err != nil {
		return err
	}
	p.back(before)
	return nil
}

// end ends the server with SIGKILL, and returns what had been said by then.
func (p *Postgres) end() (said string, err error) {
	said = p.said()
	lines := strings.Split(strings.TrimSpace(said), "\n")
	var pid int
	if _, err := fmt.Sscan(lines[len(lines)-1], &pid); err != nil {
		return "", err
	}
	return said, syscall.Kill(pid, syscall.SIGKILL)
}

// back waits until the server that was ended answers again.
func (p *Postgres) back(before string) {
	p.stack.Helper()
	p.stack.Eventually("PostgreSQL to be back", func() bool { return len(p.said()) > len(before) })
}

// said is what testpostgres has printed.
func (p *Postgres) said() string {
	text, _ := os.ReadFile(filepath.Join(p.stack.Dir, "testpostgres.log"))
	return string(text)
}
