package ledger

// table is a table of the ledger, and what is done to it: no role needs more.
type table struct {
	name   string
	rights string // beside SELECT
}

// tables are all tables, each after those that its rows refer to. A new one goes in here,
// and "starter ledger migrate --grant-to" lets the workers' role use it.
var tables = []table{
	{"meta", "INSERT, UPDATE"},
	{"secrets", "INSERT, UPDATE"},
	{"orders", "INSERT, UPDATE, DELETE"},
	{"pins", "INSERT"},
	{"create_attempts", "INSERT, UPDATE"},
	{"payments", "INSERT, UPDATE"},
	{"streaks", "INSERT, UPDATE, DELETE"},
	{"audit", "INSERT"},
	{"heads", "INSERT, UPDATE"},
	{"ledger_head", "INSERT, UPDATE"},
	{"codes", "INSERT"},
	{"switches", "INSERT, DELETE"},
	{"settings", "INSERT, UPDATE"},
	{"budget", "INSERT, UPDATE"},
	{"products", "INSERT, UPDATE, DELETE"},
	{"leases", "INSERT, UPDATE, DELETE"},
	{"desk", "INSERT, UPDATE"},
	{"balances", "INSERT, DELETE"},
	{"promises", "INSERT, UPDATE, DELETE"},
	{"topups", "INSERT, UPDATE"},
	{"payment_answers", "INSERT"},
}

// versions is goose's own table: which migrations were run.
const versions = "goose_db_version"
