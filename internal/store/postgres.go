package store

import (
	"context"
	"crypto/tls"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

// All that is peculiar to PostgreSQL is in this file, but for who may do what (roles.go).
//
// Writers take turns, as on SQLite: each transaction that writes takes one advisory lock
// first. What is promised over a store (numbers without a gap, at most one of a kind, a
// budget, a limit) is read first and written then, across rows and tables, and nearly
// every write adds an entry to one chain: writers that ran side by side would meet at its
// head anyway. SERIALIZABLE would keep the promises too, by turning away most of them to try
// again. A turn takes about as long as one commit to disk and the round trips of a handful
// of statements.
//
// The lock is useful in READ COMMITTED alone, where each statement sees what was committed
// before it began: in the stricter levels the state that a transaction sees is that of the
// moment at which it began to wait. The lock ends with the transaction, or with the
// connection, so a killed process holds up nobody.

const (
	// writersLock and migrationLock are ours among the advisory locks of the database:
	// "foxf" and a number.
	writersLock   = 0x666f7866_00000001
	migrationLock = 0x666f7866_00000002
	// connectTimeout is how long the server may take to answer, where the address or
	// PGCONNECT_TIMEOUT says nothing.
	connectTimeout = 10 * time.Second
	// A machine that is gone without a word is noticed after about 25 s.
	aliveIdle, aliveEvery, aliveTimes = 10 * time.Second, 5 * time.Second, 3
)

// longestWrite bounds a write whose server does not answer any more: what became of it is
// not known then, as after a lost connection.
const longestWrite = 30 * time.Second

func openPostgres(address string) (database, error) {
	config, err := parsePostgres(address)
	if err != nil {
		return database{}, err
	}
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockID(migrationLock), lock.WithLockTimeout(1, 120))
	if err != nil {
		return database{}, err
	}
	clock := &serverClock{}
	connect := func(most int) *sql.DB {
		db := sql.OpenDB(pipelines{clock: clock, Connector: stdlib.GetConnector(*config, stdlib.OptionAfterConnect(func(_ context.Context, c *pgx.Conn) error {
			c.TypeMap().TryWrapEncodePlanFuncs = append([]pgtype.TryWrapEncodePlanFunc{numberBool}, c.TypeMap().TryWrapEncodePlanFuncs...)
			return nil
		}))})
		db.SetMaxOpenConns(most)
		db.SetMaxIdleConns(most)
		return db
	}
	// One connection writes: goroutines queue for it here, fairly and under their
	// contexts, and the database sees one of each process wait.
	d := database{writes: connect(1), reads: connect(readers), name: nameOf(config),
		dialect: goose.DialectPostgres, migrations: "postgres", options: []goose.ProviderOption{goose.WithSessionLocker(locker)},
		writing: &sql.TxOptions{Isolation: sql.LevelReadCommitted}, together: inOneTrip,
		viewing: &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true},
		clock:   clock.now, longest: longestWrite, passing: passing, meeting: passing, explain: explainPostgres}
	d.contents = func(ctx context.Context) (contents, error) {
		return readContents(ctx, d.reads, sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}, postgresTables)
	}
	d.alone = func(ctx context.Context) error { return nobodyElse(ctx, d) }
	d.missing = func(ctx context.Context, s Schema) (bool, error) { return tablesMissing(ctx, d.reads, s) }
	d.ready = func(ctx context.Context, s Schema) error { return rightsMissing(ctx, d.reads, s) }
	return d, nil
}

// parsePostgres reads an address, and what it leaves open from PGPASSFILE, PGSSLMODE and
// the other variables that psql knows. The address is never repeated: it may hold a
// password.
func parsePostgres(address string) (*pgx.ConnConfig, error) {
	config, err := pgx.ParseConfig(address)
	if err != nil {
		return nil, errors.New("FOXFLOW_LEDGER is no address that PostgreSQL understands: write postgres://ROLE@HOST:5432/DATABASE?sslmode=verify-full" +
			" (special characters in it as %XX), and look at the PG… variables and the files they name")
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = connectTimeout
	}
	config.DialFunc = (&net.Dialer{KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: aliveIdle, Interval: aliveEvery, Count: aliveTimes}}).DialContext
	config.OnPgError = keeps
	if config.RuntimeParams["application_name"] == "" {
		config.RuntimeParams["application_name"] = "foxflow"
	}
	if len(hostsOf(config)) > 1 {
		config.ValidateConnect = newPrimary(&config.Config).check
	}
	return config, checkTLS(config)
}

// checkTLS refuses an address of another machine that leaves it to that machine whether
// anything is encrypted, which is what PostgreSQL's own default does.
func checkTLS(config *pgx.ConnConfig) error {
	clear, sealed := map[string]bool{}, map[string]bool{}
	note := func(host string, c *tls.Config) {
		if c == nil {
			clear[host] = true
		} else {
			sealed[host] = true
		}
	}
	note(config.Host, config.TLSConfig)
	for _, f := range config.Fallbacks {
		note(f.Host, f.TLSConfig)
	}
	for host := range clear {
		if sealed[host] && !onThisMachine(host) {
			return fmt.Errorf("FOXFLOW_LEDGER names %s, another machine, and no sslmode: add sslmode=verify-full (with sslrootcert=FILE for a certificate authority of your own);"+
				" sslmode=disable sends all in clear, password included", host)
		}
	}
	return nil
}

func onThisMachine(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || strings.HasPrefix(host, "/") || ip != nil && ip.IsLoopback()
}

func postgresName(address string) string {
	config, err := pgx.ParseConfig(address)
	if err != nil {
		return "on PostgreSQL"
	}
	return nameOf(config)
}

// passingCodes are what PostgreSQL says when trying again may help. After a commit that
// was cut short nobody knows whether it was carried out: every write may be repeated.
var passingCodes = map[string]bool{
	"40001": true, "40P01": true, "40003": true, // in each other's way
	"55P03": true,                               // no turn within lock_timeout
	"25P03": true,                               // lost its turn by hanging
	"57P01": true, "57P02": true, "57P03": true, // the server stops, crashed, or starts
	"53300": true, // too many connections
}

// passing says whether another process was in the way, or the connection was lost: trying
// again may help.
func passing(err error) bool {
	var refused *pgconn.PgError
	if errors.As(err, &refused) {
		return passingCodes[refused.Code] || strings.HasPrefix(refused.Code, "08")
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return false
	}
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, driver.ErrBadConn) || errors.Is(err, net.ErrClosed) ||
		errors.As(err, new(*net.OpError)) || pgconn.SafeToRetry(err)
}

// advice is what a person can do, by what PostgreSQL says.
var advice = map[string]string{
	"28P01": "look at the role in FOXFLOW_LEDGER and its password, which stands there, in PGPASSWORD or in the file that PGPASSFILE names",
	"28000": "the server does not let this role in from here: look at the role and sslmode in FOXFLOW_LEDGER, and at the server's pg_hba.conf",
	"3D000": "make the database (CREATE DATABASE … OWNER …), or mend FOXFLOW_LEDGER",
	"42501": "this role may not do that: look at the role in FOXFLOW_LEDGER, and run starter ledger migrate --grant-to ROLE as the owner of the tables",
	"53300": "the server takes no more connections (max_connections); each worker holds up to 5",
	"57P03": "the server is starting or stopping: wait, and try again",
	"42P05": behindPooler,
	"26000": behindPooler,
	"25006": "the server takes no writes: it is a replica, or default_transaction_read_only is set; name the primary in FOXFLOW_LEDGER" +
		" (of several hosts, postgres://ROLE@HOST1,HOST2/DATABASE, it is found)",
}

const behindPooler = "a pooler that hands each transaction another connection (PgBouncer, pool_mode=transaction) stands in between:" +
	" add default_query_exec_mode=cache_describe to FOXFLOW_LEDGER, or have it use pool_mode=session"

// advisedError has its advice already.
type advisedError struct{ error }

func (e advisedError) Unwrap() error { return e.error }

func explainPostgres(err error) error {
	if err == nil {
		return nil
	}
	var refused *pgconn.PgError
	var unverified *tls.CertificateVerificationError
	hint := ""
	switch {
	case errors.As(err, new(advisedError)):
	case errors.As(err, &refused):
		hint = advice[refused.Code]
	case errors.As(err, &unverified):
		hint = "the server's certificate does not fit: look at the host in FOXFLOW_LEDGER, and at sslrootcert or PGSSLROOTCERT"
	case errors.Is(err, errOldPrimary):
		hint = "stop that server, and make it a standby of the other (pg_rewind)"
	case errors.Is(err, pgconn.ErrReadOnlyConnection):
		hint = "no host in FOXFLOW_LEDGER takes writes: start the primary, or promote a standby"
	case errors.As(err, new(*pgconn.ConnectError)):
		hint = "is PostgreSQL running there? FOXFLOW_LEDGER says where, sslmode in it whether TLS is used"
	}
	if hint == "" {
		return err
	}
	return advisedError{fmt.Errorf("%w; %s", err, hint)}
}

// numberBool has booleans written as 0 and 1 into columns of numbers, as SQLite, which
// has no others, does.
func numberBool(value any) (plan pgtype.WrappedEncodePlanNextSetter, next any, ok bool) {
	if _, ok := value.(bool); !ok {
		return nil, nil, false
	}
	return &boolPlan{}, int64(0), true
}

type boolPlan struct{ next pgtype.EncodePlan }

func (p *boolPlan) SetNext(next pgtype.EncodePlan) { p.next = next }

func (p *boolPlan) Encode(value any, buffer []byte) ([]byte, error) {
	number := int64(0)
	if set, _ := value.(bool); set {
		number = 1
	}
	return p.next.Encode(number, buffer)
}
