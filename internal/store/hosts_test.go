package store

import (
	"context"
	"database/sql"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/stretchr/testify/require"

	"foxflow/internal/ledgertest"
	"foxflow/internal/ledgertest/twice"
)

// Of several hosts it is the one that takes writes, wherever it stands, through a failover
// and after the old primary has come back.
func TestTheHostThatTakesWritesIsFound(t *testing.T) {
	t.Parallel()
	twice.AboutPostgres(t)
	first, err := ledgertest.Start("")
	require.NoError(t, err)
	t.Cleanup(func() { _ = first.Stop() })
	second, err := first.Standby("")
	require.NoError(t, err)
	t.Cleanup(func() { _ = second.Stop() })
	address := func(hosts ...*ledgertest.Cluster) string {
		var all []string
		for _, one := range hosts {
			all = append(all, one.Address())
		}
		return "postgres://postgres:secret@" + strings.Join(all, ",") + "/postgres?sslmode=disable"
	}
	s := open(t, address(second, first))
	require.Equal(t, strings.TrimPrefix(first.Address(), "127.0.0.1:"), s.port(t), "a standby is passed by")
	require.Equal(t, "postgres://postgres@"+second.Address()+","+first.Address()+"/postgres", s.Name())

	s = open(t, address(first, second))
	require.NoError(t, s.touch(t))
	first.Kill()
	require.Eventually(t, func() bool { err = s.touch(t); return err != nil }, time.Minute, 10*time.Millisecond, "its children outlive it by a moment")
	require.ErrorContains(t, err, "no host in FOXFLOW_LEDGER takes writes")
	require.NotContains(t, err.Error(), "secret")
	s.promote(t, second)
	require.NoError(t, s.touch(t))

	require.NoError(t, first.Run())
	require.Error(t, s.Write(t.Context(), func(tx *sql.Tx) error {
		_, err := tx.ExecContext(t.Context(), `SELECT pg_terminate_backend(pg_backend_pid())`)
		return err
	}))
	require.Equal(t, strings.TrimPrefix(second.Address(), "127.0.0.1:"), s.port(t), "never back to the old primary")
	s = open(t, address(first, second))
	require.Equal(t, strings.TrimPrefix(second.Address(), "127.0.0.1:"), s.port(t), "nor to it by who comes later")
	second.Kill()
	require.Eventually(t, func() bool { err = s.touch(t); return err != nil }, time.Minute, 10*time.Millisecond)
	require.ErrorContains(t, err, "another server was promoted in its place")
}

// promote has a standby take writes.
func (s *Store) promote(t *testing.T, standby *ledgertest.Cluster) {
	t.Helper()
	db, err := sql.Open("pgx", standby.URL("postgres", "postgres"))
	require.NoError(t, err)
	defer db.Close()
	_, err = db.ExecContext(t.Context(), `SELECT pg_promote()`)
	require.NoError(t, err)
}

// port is where the server listens that writes go to.
func (s *Store) port(t *testing.T) (port string) {
	t.Helper()
	require.NoError(t, s.Write(t.Context(), func(tx *sql.Tx) error {
		return tx.QueryRowContext(t.Context(), `SELECT inet_server_port()::text`).Scan(&port)
	}))
	return port
}

// A primary that is made read-only before another is promoted keeps its connections.
func TestAConnectionThatTakesNoWritesIsLeft(t *testing.T) {
	t.Parallel()
	twice.AboutPostgres(t)
	s := open(t, twice.Address(t))
	_, err := s.Writes().ExecContext(t.Context(), `SET default_transaction_read_only = on`)
	require.NoError(t, err)
	require.ErrorContains(t, s.touch(t), "SQLSTATE 25006")
	require.NoError(t, s.touch(t))
}

// A host that takes connections and never answers keeps nobody from the one that does.
func TestASilentHostIsPassedBy(t *testing.T) {
	t.Parallel()
	twice.AboutPostgres(t)
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = silent.Close() })
	here := twice.Address(t)
	at := twice.Cluster().Address()
	for _, hosts := range []string{at + "," + silent.Addr().String(), silent.Addr().String() + "," + at} {
		require.NoError(t, open(t, strings.Replace(here, at, hosts, 1)+"&connect_timeout=4").touch(t), hosts)
	}
}

// Hosts that take connections and say nothing: whoever waits for them keeps half of the time
// that there is, and waits three seconds at the most.
func TestSilentHostsLeaveTimeToConnect(t *testing.T) {
	t.Parallel()
	for left, want := range map[time.Duration]time.Duration{
		4 * time.Second: 2 * time.Second, 10 * time.Second: looksFor, 0: looksFor, // 0: there is no end
	} {
		synctest.Test(t, func(t *testing.T) {
			config, err := pgconn.ParseConfig("postgres://foxflow@first,second/orders?sslmode=disable")
			require.NoError(t, err)
			var theirs []net.Conn
			config.LookupFunc = func(_ context.Context, host string) ([]string, error) { return []string{host}, nil }
			var mu sync.Mutex
			config.DialFunc = func(context.Context, string, string) (net.Conn, error) {
				mu.Lock()
				defer mu.Unlock()
				ours, silent := net.Pipe()
				theirs = append(theirs, silent)
				return ours, nil
			}
			ctx := t.Context()
			if left > 0 {
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeout(ctx, left)
				defer cancel()
			}
			begun := time.Now()
			newPrimary(config).look(ctx)
			require.Equal(t, want, time.Since(begun), "of %s", left)
			require.Len(t, theirs, 2)
			for _, silent := range theirs {
				_ = silent.Close()
			}
		})
	}
}

// Whatever a host answers to the question for its timeline: only one whose timeline is known
// and lower than another's is an old primary.
func TestAnOddAnswerOfAHostProvesNothing(t *testing.T) {
	t.Parallel()
	row := func(values ...string) []string { return values }
	for name, c := range map[string]struct {
		rows [][]string
		old  bool
	}{
		"no row":         {nil, false},
		"two rows":       {[][]string{row("1", "00000001"), row("1", "00000001")}, false},
		"one column":     {[][]string{row("1")}, false},
		"three columns":  {[][]string{row("1", "00000001", "x")}, false},
		"other cluster":  {[][]string{row("2", "00000001")}, false},
		"the highest":    {[][]string{row("1", "00000002")}, false},
		"a new timeline": {[][]string{row("1", "0000000A")}, false},
		"an old one":     {[][]string{row("1", "00000001")}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config, err := pgconn.ParseConfig("postgres://foxflow@first/orders?sslmode=disable")
			require.NoError(t, err)
			config.LookupFunc = func(_ context.Context, host string) ([]string, error) { return []string{host}, nil }
			config.DialFunc = func(context.Context, string, string) (net.Conn, error) {
				ours, theirs := net.Pipe()
				go answersWith(pgproto3.NewBackend(theirs, theirs), c.rows)
				return ours, nil
			}
			server, err := pgconn.ConnectConfig(t.Context(), config)
			require.NoError(t, err)
			t.Cleanup(func() { _ = server.Close(t.Context()) })
			p := newPrimary(config)
			p.highest["1"] = "00000002"
			require.Equal(t, !c.old, p.newest(t.Context(), server))
		})
	}
}

// answersWith is a PostgreSQL that answers each query with these rows, until it is left.
func answersWith(server *pgproto3.Backend, rows [][]string) {
	if _, err := server.ReceiveStartupMessage(); err != nil {
		return
	}
	server.Send(&pgproto3.AuthenticationOk{})
	server.Send(&pgproto3.ReadyForQuery{TxStatus: 'I'})
	for server.Flush() == nil {
		asked, err := server.Receive()
		if _, is := asked.(*pgproto3.Query); err != nil || !is {
			return
		}
		columns := 2
		if len(rows) > 0 {
			columns = len(rows[0])
		}
		server.Send(&pgproto3.RowDescription{Fields: make([]pgproto3.FieldDescription, columns)})
		for _, row := range rows {
			var values [][]byte
			for _, value := range row {
				values = append(values, []byte(value))
			}
			server.Send(&pgproto3.DataRow{Values: values})
		}
		server.Send(&pgproto3.CommandComplete{CommandTag: fmt.Appendf(nil, "SELECT %d", len(rows))})
		server.Send(&pgproto3.ReadyForQuery{TxStatus: 'I'})
	}
}
