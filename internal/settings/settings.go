package settings

import "time"

// Starter is what the command line reads. Nothing in it is required to begin
// with: Sealing.Keys and FoxReload.Client say what is missing when a command
// needs it.
type Starter struct {
	Common
	FoxReload
	Intervals
	Tracing
}

// Worker is what the worker reads. Keyset and partner key are required.
type Worker struct {
	Common
	FoxReload
	Payments
	HTTP
	Log
	Tracing
}

// Common is what every program that works on orders needs.
type Common struct {
	// Ledger may hold a password: ledger.Name says what to call it.
	Ledger Secret `env:"FOXFLOW_LEDGER" envDefault:"foxflow.db" example:"foxflow.db" about:"the ledger: a SQLite file, or postgres://ROLE@HOST:5432/DATABASE?sslmode=verify-full; what it leaves open comes from PGPASSFILE, PGPASSWORD, PGSSLMODE, PGSSLROOTCERT, … as psql reads them. To another machine sslmode must be said; disable sends all in clear"`
	Sealing
	TaskQueue string `env:"FOXFLOW_TASK_QUEUE" envDefault:"foxflow" example:"foxflow" about:"Temporal task queue of the workflows; API activities run on it with -foxreload added"`
}

// FoxReload is how the partner API is reached.
type FoxReload struct {
	APIKey         Secret        `env:"FOXRELOAD_API_KEY" example:"your-partner-key" about:"the partner key: the worker needs it, and the starter where it asks FoxReload"`
	APIKeyFile     string        `env:"FOXRELOAD_API_KEY_FILE" example:"/run/secrets/foxreload-key" about:"a file that holds the partner key"`
	BaseURL        string        `env:"FOXRELOAD_BASE_URL" envDefault:"https://public-api.foxreload.com" example:"https://public-api.foxreload.com" about:"where the API is, without /api; plain http:// only to this machine"`
	AllowHTTP      bool          `env:"FOXRELOAD_ALLOW_HTTP" envDefault:"false" example:"true" about:"true: plain http:// to other machines too; the key then travels in clear"`
	Currency       string        `env:"FOXRELOAD_CURRENCY" example:"usd" about:"sent as X-Currency when set"`
	Language       string        `env:"FOXRELOAD_LANGUAGE" example:"en" about:"sent as X-Language when set"`
	Timeout        time.Duration `env:"FOXRELOAD_TIMEOUT" envDefault:"30s" example:"30s" about:"the longest one HTTP call may take; the worker takes 60s at most"`
	PerMinute      int           `env:"FOXRELOAD_REQUESTS_PER_MINUTE" envDefault:"100" example:"100" about:"request budget over all workers and the starter, requests/minute: in any T seconds at most T × budget / 60 + burst requests; the burst is a twentieth of the budget, 1 at least"`
	IdempotencyKey string        `env:"FOXRELOAD_IDEMPOTENCY_KEY" envDefault:"body" example:"body" about:"body: creates carry an idempotencyKey; off: they carry none"`
	Proxy          Proxy         // no variable of foxflow's own
}

// Intervals are the knobs of waiting. They travel into each order's input, so
// its fields are those of life.Intervals: one converts to the other.
type Intervals struct {
	PollInitial time.Duration `env:"FOXFLOW_POLL_INITIAL" envDefault:"5s" example:"5s" about:"polling interval, the first"`
	PollMax     time.Duration `env:"FOXFLOW_POLL_MAX" envDefault:"30s" example:"30s" about:"polling interval, the longest"`
	StallAfter  time.Duration `env:"FOXFLOW_STALL_AFTER" envDefault:"300s" example:"300s" about:"paid, but no end for this long: stalled"`
	StallPoll   time.Duration `env:"FOXFLOW_STALL_POLL" envDefault:"60s" example:"60s" about:"polling interval once stalled; what is blocked is tried this often, too"`
	GiveUpAfter time.Duration `env:"FOXFLOW_GIVE_UP_AFTER" envDefault:"24h" example:"24h" about:"this long in stalled or blocked: unresolved; in awaiting_topup, where nothing was paid: cancelled"`
}

// Payments bounds what is paid.
type Payments struct {
	DailyLimit DailyLimit `env:"FOXFLOW_DAILY_LIMIT" example:"usd=500,rub=20000" about:"the most paid in a UTC day, per currency, over all workers; beyond it orders wait as paused"`
	LowBalance Amounts    `env:"FOXFLOW_LOW_BALANCE" example:"usd=20,rub=1000" about:"warn in the log once when the balance of a currency falls below this; the balance is then read every five minutes even if no order waits"`
}

// HTTP is where the worker shows its health and metrics.
type HTTP struct {
	Addr string `env:"FOXFLOW_HTTP" envDefault:"127.0.0.1:9464" example:"127.0.0.1:9464" about:"address of /healthz, /readyz and /metrics; the worker warns when other machines can reach it"`
}

// Log is what a program that serves writes about its work.
type Log struct {
	Level  string `env:"FOXFLOW_LOG_LEVEL" envDefault:"info" example:"info" about:"debug, info, warn or error"`
	Format string `env:"FOXFLOW_LOG_FORMAT" envDefault:"json" example:"json" about:"json, or console for people"`
}

// LoadStarter reads the command line's settings from environ ("NAME=value").
func LoadStarter(environ []string) (Starter, error) {
	var s Starter
	err := load(environ, &s, func(wrong wrong) {
		s.Common.check(wrong)
		s.Proxy = readProxy(environ, wrong)
		s.FoxReload.check(wrong)
		s.Intervals.check(wrong)
		s.Tracing.check(wrong)
	})
	return s, err
}

// LoadHTTP reads where a worker of this environment shows its health, and nothing
// else: no secret is opened to ask how it is.
func LoadHTTP(environ []string) (HTTP, error) {
	var h HTTP
	err := load(environ, &h, func(wrong wrong) { h.check(wrong) })
	return h, err
}

// LoadWorker reads the worker's settings from environ ("NAME=value").
func LoadWorker(environ []string) (Worker, error) {
	var w Worker
	err := load(environ, &w, func(wrong wrong) {
		w.Common.check(wrong)
		w.Proxy = readProxy(environ, wrong)
		w.FoxReload.check(wrong)
		w.HTTP.check(wrong)
		w.Log.check(wrong)
		w.Tracing.check(wrong)
		if w.APIKey.Empty() && w.APIKeyFile == "" {
			wrong("FOXRELOAD_API_KEY", "is not set")
		}
		w.require(wrong)
	})
	return w, err
}
