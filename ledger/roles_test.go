package ledger

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"foxflow/internal/balance"
	"foxflow/internal/budget"
	"foxflow/internal/ledgertest"
	"foxflow/internal/ledgertest/twice"
	"foxflow/internal/store"
	"foxflow/order"
)

// house is a database whose tables an owner made and that a role uses which can't.
type house struct {
	shop
	database, role string
	owner          string // the owner's address
}

func newHouse(t *testing.T) house {
	t.Helper()
	twice.AboutPostgres(t)
	h := house{shop: newShop(t), database: twice.Database(t)}
	h.role = h.database + "_app"
	owner := h.database + "_owner"
	twice.Admin(t, "CREATE ROLE "+owner+" LOGIN")
	twice.Admin(t, "CREATE ROLE "+h.role+" LOGIN")
	twice.Admin(t, "ALTER DATABASE "+h.database+" OWNER TO "+owner)
	h.owner, h.path = twice.Cluster().URL(owner, h.database), twice.Cluster().URL(h.role, h.database)
	return h
}

// as runs a statement as the role that uses the tables.
func (h house) as(t *testing.T, address, statement string) error {
	t.Helper()
	db, err := sql.Open("pgx", address)
	require.NoError(t, err)
	defer db.Close()
	_, err = db.ExecContext(context.Background(), statement)
	return err
}

func TestRoleThatCanNotMigrateSaysWhatToDo(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	_, err := Open(t.Context(), h.path, h.keys)
	require.ErrorContains(t, err, "its tables are missing, or older than this program")
	require.ErrorContains(t, err, "run starter ledger migrate as the owner")

	_, err = Migrate(t.Context(), h.owner, "nobody_here")
	require.ErrorContains(t, err, "there is no such role")
	_, err = Migrate(t.Context(), h.owner, "postgres")
	require.ErrorContains(t, err, "superuser or owns the tables")
	done, err := Migrate(t.Context(), h.owner, "")
	require.NoError(t, err)
	last := done.Version
	require.Equal(t, newest(t, "postgres"), last)
	_, err = Open(t.Context(), h.path, h.keys)
	require.ErrorContains(t, err, "permission denied")
	require.ErrorContains(t, err, "starter ledger migrate --grant-to ROLE as the owner")

	done, err = Migrate(t.Context(), h.owner, h.role)
	require.NoError(t, err)
	require.Equal(t, h.role, done.GrantedTo)
	h.open(t)

	// A version later: a table more, and nobody has granted it yet.
	require.NoError(t, h.as(t, h.owner, "REVOKE INSERT ON topups FROM "+h.role))
	_, err = Open(t.Context(), h.path, h.keys)
	require.ErrorContains(t, err, "role "+h.role+" may not INSERT table topups: run starter ledger migrate --grant-to "+h.role)
	require.NoError(t, h.as(t, h.owner, fmt.Sprintf("UPDATE goose_db_version SET is_applied = false WHERE version_id = %d", last)))
	_, err = Open(t.Context(), h.path, h.keys)
	require.ErrorContains(t, err, "older than this program")
}

// newest is the number of the last migration of a dialect.
func newest(t *testing.T, dialect string) (last int64) {
	t.Helper()
	files, err := migrations.ReadDir("migrations/" + dialect)
	require.NoError(t, err)
	last, err = goose.NumericComponent(files[len(files)-1].Name())
	require.NoError(t, err)
	return last
}

// The role can do whatever foxflow does, and nothing to what is on record.
func TestLeastPrivilegedRole(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	// It had more, once.
	_, err := Migrate(t.Context(), h.owner, "")
	require.NoError(t, err)
	require.NoError(t, h.as(t, h.owner, "GRANT ALL ON ALL TABLES IN SCHEMA public TO "+h.role))
	_, err = Migrate(t.Context(), h.owner, h.role)
	require.NoError(t, err)
	l := h.open(t)
	useEverything(t, l)

	for _, statement := range []string{
		`UPDATE audit SET reason = 'nothing'`, `DELETE FROM audit`, `TRUNCATE audit`, `TRUNCATE audit CASCADE`,
		`DROP TABLE audit`, `ALTER TABLE audit DISABLE TRIGGER ALL`, `DROP TRIGGER audit_no_update ON audit`, `SET session_replication_role = replica`,
		`CREATE TABLE mine (a int)`, `CREATE SCHEMA mine`, `DROP TABLE budget`, `ALTER TABLE orders ADD COLUMN a int`, `TRUNCATE orders CASCADE`,
		`CREATE OR REPLACE FUNCTION audit_is_final() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'`,
		`UPDATE pins SET reference = 'shop-2'`, `DELETE FROM payments`, `DELETE FROM codes`, `DELETE FROM pins`, `UPDATE codes SET sealed = ''`,
		`DELETE FROM secrets`, `UPDATE goose_db_version SET version_id = 0`, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (99, true)`,
	} {
		err := h.as(t, h.path, statement)
		require.Error(t, err, statement)
		require.Regexp(t, "permission denied|must be owner", err.Error(), statement)
	}
	// Whom no grant binds, the trigger does.
	for _, statement := range []string{`UPDATE audit SET reason = 'nothing'`, `DELETE FROM audit`, `TRUNCATE audit`, `DELETE FROM audit WHERE seq = 99`} {
		require.ErrorContains(t, h.as(t, h.owner, statement), "audit entries are never", statement)
	}
	_, _, broken, err := l.Log.VerifyAll(t.Context())
	require.NoError(t, err)
	require.Empty(t, broken)
}

// useEverything calls every method that writes, and those that read.
func useEverything(t *testing.T, l *Ledger) {
	t.Helper()
	ctx, ten := t.Context(), decimal.NewFromInt(10)
	account := balance.New(l.store)
	deliver(t, l, "shop-1")
	begin(t, l, "shop-2")
	require.NoError(t, l.Orders.Withdraw(ctx, "shop-3", put(t, l, 9, request("shop-3"))[0].Claim))
	put(t, l, 0, requests("queue-1", "queue-2", "queue-3")...)
	require.Equal(t, []string{"queue-1", "queue-2"}, claim(t, l, 2, noon, order.PaidByBalance))
	require.NoError(t, l.Queue.GiveBack(ctx, time.Second, noon, "queue-1"))
	require.NoError(t, l.Queue.Leave(ctx, "queue-2"))
	_, _, err := l.Queue.Cancel(ctx, "queue-3", noon)
	require.NoError(t, err)
	_, _, err = l.Creates.Intend(ctx, "shop-2", 0, noon)
	require.NoError(t, err)
	require.NoError(t, l.Creates.RenewKey(ctx, Entry{Reference: "shop-2", Key: "renew", Kind: KindNote}, 0))
	pin(t, l, "shop-2", 0, "ord-1")
	p := payment("shop-2", "ord-1")
	p.InFlight = time.Minute
	require.NoError(t, l.Payments.Begin(ctx, p))
	require.NoError(t, l.Payments.Land(ctx, "ord-1", p.Attempt, Landing{Spared: true}))
	for _, reference := range []string{"shop-1", "shop-2", "shop-2"} {
		_, err = l.Streaks.Again(ctx, reference, "NO", noon)
		require.NoError(t, err)
	}
	require.NoError(t, l.Streaks.End(ctx, "shop-1"))
	require.NoError(t, l.Payments.KeepAnswer(ctx, "shop-2", "ord-1", intent(t, l, "ord-1").Attempt, []byte(`{}`), noon))
	require.NoError(t, l.Payments.Void(ctx, "shop-2", "ord-1", intent(t, l, "ord-1").Attempt, "payment_failure", noon))
	require.NoError(t, l.Vault.Store(ctx, "shop-1", "ord-9", codes("AAAA")))
	for range 2 {
		_, err = l.Watches.Register(ctx, watchOf("shop-2", 1))
		require.NoError(t, err)
		require.NoError(t, l.Deliveries.Keep(ctx, "product", time.Minute, noon))
	}
	require.NoError(t, l.Watches.Keep(ctx, watchOf("shop-2", 1)))
	require.NoError(t, l.Watches.End(ctx, "shop-3", 1))
	require.NoError(t, l.Switches.Pause(ctx, "eve", noon))
	require.NoError(t, l.Switches.Resume(ctx))
	require.NoError(t, l.Switches.Set(ctx, "a", "b"))
	require.NoError(t, l.Switches.Set(ctx, "a", "c"))
	require.NoError(t, budget.New(l.store, l.KeyID("key"), 6000).Wait(ctx, 1))
	require.NoError(t, budget.New(l.store, l.KeyID("key"), 6000).Throttle(ctx, 1))
	_, err = l.Products.Ask(ctx, "product", noon, time.Time{})
	require.NoError(t, err)
	require.NoError(t, l.Products.Keep(ctx, "product", "{}", noon))
	require.NoError(t, l.Products.Forget(ctx, "product"))
	_, err = l.store.Leases.Take(ctx, "desk", "me", noon, noon.Add(time.Minute))
	require.NoError(t, err)
	require.NoError(t, l.store.Leases.GiveUp(ctx, "desk", "me"))
	require.NoError(t, account.Hint(ctx, noon))
	_, err = account.Saw(ctx, noon, map[string]decimal.Decimal{"usd": ten})
	require.NoError(t, err)
	claim := balance.Claim{Reference: "shop-2", Currency: "usd", Amount: &ten, At: noon.Add(time.Second), Waits: true}
	_, err = account.Reserve(ctx, claim)
	require.NoError(t, err)
	_, err = account.Admit(ctx, claim)
	require.NoError(t, err)
	require.NoError(t, account.Refused(ctx, "shop-2", noon))
	require.NoError(t, account.Accepted(ctx, "shop-2", noon))
	_, err = account.Saw(ctx, noon.Add(time.Hour), map[string]decimal.Decimal{"usd": ten})
	require.NoError(t, err)
	require.NoError(t, account.Release(ctx, "shop-2"))
	require.NoError(t, account.LookFailed(ctx, noon, true))
	openTopUp(t, l, "tu-1")
	_, err = l.TopUps.Send(ctx, "tu-1", "one", noon)
	require.NoError(t, err)
	require.NoError(t, l.TopUps.Unsend(ctx, "tu-1", "one"))
	require.NoError(t, l.TopUps.Answer(ctx, "tu-1", []byte(`{}`)))
	require.NoError(t, l.TopUps.Refuse(ctx, "tu-1", order.Error{Code: "NO"}))
	require.NoError(t, l.TopUps.SeeBalances(ctx, "tu-1", "", "{}", "1"))
	require.NoError(t, l.Ping(ctx))
	_, err = l.Orders.List(ctx, Filter{})
	require.NoError(t, err)
	_, err = l.Vault.Codes(ctx, "shop-1")
	require.NoError(t, err)
}

// Every table is known to the list that grants, copies and empties go by.
func TestTablesAreAllKnown(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	query := `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> $1`
	if twice.OnPostgres() {
		query = `SELECT tablename FROM pg_tables WHERE schemaname = current_schema() AND tablename <> $1`
	}
	rows, err := l.store.Reads().QueryContext(t.Context(), query, store.Versions)
	require.NoError(t, err)
	defer rows.Close()
	var have, want []string
	for rows.Next() {
		var name string
		require.NoError(t, rows.Scan(&name))
		have = append(have, name)
	}
	require.NoError(t, rows.Err())
	for _, one := range schema.Tables {
		want = append(want, one.Name)
	}
	require.ElementsMatch(t, want, have)
}

// Text that a query sorts or compares would come out otherwise than on SQLite.
func TestAllTextSortsByItsBytes(t *testing.T) {
	t.Parallel()
	twice.AboutPostgres(t)
	l := newLedger(t)
	var other int
	require.NoError(t, l.store.Reads().QueryRowContext(t.Context(), `SELECT COUNT(*) FROM information_schema.columns
		WHERE table_schema = current_schema() AND data_type = 'text' AND collation_name IS DISTINCT FROM 'C'`).Scan(&other))
	require.Zero(t, other)
	var types []string
	rows, err := l.store.Reads().QueryContext(t.Context(), `SELECT DISTINCT data_type FROM information_schema.columns
		WHERE table_schema = current_schema() AND table_name <> $1 ORDER BY 1`, store.Versions)
	require.NoError(t, err)
	defer rows.Close()
	for rows.Next() {
		var name string
		require.NoError(t, rows.Scan(&name))
		types = append(types, name)
	}
	require.NoError(t, rows.Err())
	require.Equal(t, []string{"bigint", "bytea", "text"}, types)
}

func TestWhatIsWrongWithADatabaseIsSaidClearly(t *testing.T) {
	t.Parallel()
	twice.AboutPostgres(t)
	s := newShop(t)
	twice.Admin(t, "CREATE ROLE "+ledgertest.Guarded+" LOGIN PASSWORD 'right-secret'")
	t.Cleanup(func() { twice.Admin(t, "DROP ROLE "+ledgertest.Guarded) })
	guarded := "postgres://" + ledgertest.Guarded + ":%s@" + twice.Cluster().Address() + "/postgres?sslmode=disable"
	for name, c := range map[string]struct {
		address string
		want    []string
	}{
		"nobody listens":         {"postgres://fox:secret@127.0.0.1:1/foxflow?sslmode=disable", []string{"postgres://fox@127.0.0.1:1/foxflow", "connection refused", "is PostgreSQL running there? FOXFLOW_LEDGER"}},
		"no such host":           {"postgres://fox:secret@nowhere.invalid/foxflow?sslmode=disable", []string{"is PostgreSQL running there? FOXFLOW_LEDGER"}},
		"wrong password":         {fmt.Sprintf(guarded, "wrong-secret"), []string{"password authentication failed", "look at the role in FOXFLOW_LEDGER and its password", "PGPASSFILE"}},
		"no such database":       {twice.Cluster().URL("postgres", "nothing"), []string{`database "nothing" does not exist`, "CREATE DATABASE", "FOXFLOW_LEDGER"}},
		"no such role":           {twice.Cluster().URL("stranger", "postgres"), []string{`role "stranger" does not exist`, "FOXFLOW_LEDGER"}},
		"no TLS there":           {twice.Cluster().URL("postgres", "postgres") + "&sslmode=verify-full", []string{"server refused TLS", "sslmode"}},
		"another machine":        {"postgres://fox:secret@db.example/foxflow", []string{"postgres://fox@db.example:5432/foxflow", "sslmode=verify-full"}},
		"and either of two":      {"postgres://fox:secret@db.example,127.0.0.1/foxflow?sslmode=prefer", []string{"another machine", "sslmode=verify-full"}},
		"a port that is none":    {"postgres://fox:secret@db:port/foxflow", []string{"FOXFLOW_LEDGER is no address", "postgres://ROLE@HOST:5432/DATABASE"}},
		"a password with a hash": {"postgresql://fox:sec#ret@db/foxflow", []string{"FOXFLOW_LEDGER"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Open(t.Context(), c.address, s.keys)
			require.Error(t, err)
			for _, want := range c.want {
				require.ErrorContains(t, err, want)
			}
			for _, secret := range []string{"secret", "sec#ret", "ret@"} {
				require.NotContains(t, err.Error(), secret)
			}
		})
	}
	right := fmt.Sprintf(guarded, "right-secret") + "&search_path=" + strings.Split(mustParse(t, s.path).Query().Get("search_path"), ",")[0]
	_, err := Open(t.Context(), right, s.keys)
	require.ErrorContains(t, err, "this role can't make them", "let in, and may do nothing")
	require.NotContains(t, err.Error(), "secret")
	require.NotContains(t, store.Name(right), "secret")
}

func mustParse(t *testing.T, address string) *url.URL {
	t.Helper()
	u, err := url.Parse(address)
	require.NoError(t, err)
	return u
}
