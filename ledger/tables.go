package ledger

import (
	"embed"

	"foxflow/internal/store"
)

//go:embed migrations
var migrations embed.FS

// schema is all that the store under a ledger holds. A new table goes in here, and "starter
// ledger migrate --grant-to" lets the workers' role use it. What stands in the tables is the
// business of the room that works with them: budget, leases, desk, balances and promises
// are not the ledger's own.
var schema = store.Schema{
	Migrations: migrations,
	First:      []string{"audit", "heads", "meta", "secrets"},
	Tables: []store.Table{
		{Name: "meta", Rights: "INSERT, UPDATE"},
		{Name: "secrets", Rights: "INSERT, UPDATE"},
		{Name: "orders", Rights: "INSERT, UPDATE, DELETE"},
		{Name: "pins", Rights: "INSERT"},
		{Name: "create_attempts", Rights: "INSERT, UPDATE"},
		{Name: "payments", Rights: "INSERT, UPDATE"},
		{Name: "streaks", Rights: "INSERT, UPDATE, DELETE"},
		{Name: "audit", Rights: "INSERT"},
		{Name: "heads", Rights: "INSERT, UPDATE"},
		{Name: "ledger_head", Rights: "INSERT, UPDATE"},
		{Name: "codes", Rights: "INSERT"},
		{Name: "switches", Rights: "INSERT, DELETE"},
		{Name: "settings", Rights: "INSERT, UPDATE"},
		{Name: "budget", Rights: "INSERT, UPDATE"},
		{Name: "products", Rights: "INSERT, UPDATE, DELETE"},
		{Name: "leases", Rights: "INSERT, UPDATE, DELETE"},
		{Name: "desk", Rights: "INSERT, UPDATE"},
		{Name: "balances", Rights: "INSERT, DELETE"},
		{Name: "promises", Rights: "INSERT, UPDATE, DELETE"},
		{Name: "topups", Rights: "INSERT, UPDATE"},
		{Name: "payment_answers", Rights: "INSERT"},
		{Name: "watches", Rights: "INSERT, UPDATE, DELETE"},
		{Name: "deliveries", Rights: "INSERT, UPDATE, DELETE"},
		{Name: "queue", Rights: "INSERT, UPDATE, DELETE"},
	},
}
