package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

// Each round trip to PostgreSQL wakes two processes, and a writer holds up all others for as
// long as its round trips take. So what needs no answer is sent together: the beginning of a
// transaction with its turn to write and the time of that, and the statements of Together with
// what comes next in the transaction, which is its commit as a rule.

// takeTurn waits for the turn to write for as long as SQLite does, and says when it came. The
// rest holds until the transaction's end, whatever role and server are set to: a process that
// hangs between two statements loses its turn, and a power cut takes nothing back that was
// acted on.
var takeTurn = fmt.Sprintf(`WITH turn AS MATERIALIZED (SELECT set_config('lock_timeout', '%d', true), set_config('idle_in_transaction_session_timeout', $1, true),
	set_config('synchronous_commit', CASE current_setting('synchronous_commit') WHEN 'off' THEN 'on' ELSE current_setting('synchronous_commit') END, true),
	pg_advisory_xact_lock(%d)) SELECT clock_timestamp() FROM turn`, BusyTimeout.Milliseconds(), int64(writersLock))

// pipelines are connections that can send several statements at once.
type pipelines struct {
	driver.Connector
	clock *serverClock
}

func (p pipelines) Connect(ctx context.Context) (driver.Conn, error) {
	c, err := p.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &pipeline{Conn: c.(*stdlib.Conn), clock: p.clock}, nil
}

type pipeline struct {
	*stdlib.Conn
	clock *serverClock
	// pending are statements of a transaction that writes, to be sent with what comes next.
	pending []Statement
}

// BeginTx begins a transaction. Where the context says how long it may be idle, it is one that
// writes, and has its turn.
func (p *pipeline) BeginTx(ctx context.Context, options driver.TxOptions) (driver.Tx, error) {
	p.pending = nil
	idle, writes := ctx.Value(idleKey{}).(time.Duration)
	if !writes {
		return p.Conn.BeginTx(ctx, options)
	}
	if p.Conn.Conn().IsClosed() {
		return nil, driver.ErrBadConn
	}
	turn := writeTx{ctx, p}
	var at time.Time
	batch := &pgx.Batch{}
	batch.Queue("begin isolation level read committed")
	batch.Queue(takeTurn, strconv.FormatInt(idle.Milliseconds(), 10)).QueryRow(func(row pgx.Row) error { return row.Scan(&at) })
	if err := p.send(ctx, batch); err != nil {
		_ = turn.Rollback()
		return nil, err
	}
	p.clock.tell(at)
	return turn, nil
}

// send sends a batch, and waits until all of it is done.
func (p *pipeline) send(ctx context.Context, batch *pgx.Batch) error {
	err := p.Conn.Conn().SendBatch(ctx, batch).Close()
	if err != nil && pgconn.SafeToRetry(err) {
		return driver.ErrBadConn
	}
	return err
}

// takePending is the batch of what was not sent yet.
func (p *pipeline) takePending() *pgx.Batch {
	batch := &pgx.Batch{}
	for _, statement := range p.pending {
		batch.Queue(statement.SQL, statement.Args...)
	}
	p.pending = nil
	return batch
}

// flush sends what was not sent yet.
func (p *pipeline) flush(ctx context.Context) error {
	if len(p.pending) == 0 {
		return nil
	}
	return p.send(ctx, p.takePending())
}

// writeTx is a transaction that writes.
type writeTx struct {
	ctx  context.Context //nolint:containedctx // what ends a transaction is not given one
	conn *pipeline
}

func (tx writeTx) Commit() error {
	conn := tx.conn.Conn.Conn()
	done, err := tx.commit(conn)
	switch {
	case err != nil && conn.PgConn().TxStatus() == 'E': // a statement failed before the commit
		return errors.Join(err, tx.Rollback())
	case err != nil && conn.PgConn().TxStatus() != 'I':
		_ = conn.Close(tx.ctx) // the first error counts
		return err
	case err != nil:
		return err
	case done.String() == "ROLLBACK":
		return pgx.ErrTxCommitRollback
	}
	return nil
}

func (tx writeTx) commit(conn *pgx.Conn) (done pgconn.CommandTag, err error) {
	if len(tx.conn.pending) == 0 {
		return conn.Exec(tx.ctx, "commit")
	}
	batch := tx.conn.takePending()
	batch.Queue("commit").Exec(func(tag pgconn.CommandTag) error { done = tag; return nil })
	err = conn.SendBatch(tx.ctx, batch).Close()
	return done, err
}

// Rollback closes the connection where nobody knows what became of it: that ends the
// transaction too, and its turn.
func (tx writeTx) Rollback() error {
	tx.conn.pending = nil
	_, err := tx.conn.Conn.Conn().Exec(tx.ctx, "rollback")
	if err != nil {
		_ = tx.conn.Conn.Conn().Close(tx.ctx)
	}
	return err
}

// inOneTrip has a transaction's connection keep statements, to be sent together with what comes
// next. They pass database/sql as the one argument of a statement that says what to do with it.
func inOneTrip(ctx context.Context, tx *sql.Tx, statements []Statement) error {
	_, err := tx.ExecContext(ctx, sendTogether, statements)
	return err
}

const sendTogether = "-- together"

var errTogether = errors.New("send statements together: there are none")

// ExecContext runs one statement, or keeps those of Together.
func (p *pipeline) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	if query != sendTogether {
		if err := p.flush(ctx); err != nil {
			return nil, err
		}
		return p.Conn.ExecContext(ctx, query, args)
	}
	if len(args) != 1 {
		return nil, errTogether
	}
	statements, is := args[0].Value.([]Statement)
	if !is {
		return nil, errTogether
	}
	p.pending = append(p.pending, statements...)
	return driver.ResultNoRows, nil
}

// QueryContext runs a query, once what comes before it is done.
func (p *pipeline) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	if err := p.flush(ctx); err != nil {
		return nil, err
	}
	return p.Conn.QueryContext(ctx, query, args)
}
