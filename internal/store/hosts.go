package store

import (
	"context"
	"errors"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// FOXFLOW_LEDGER may name several hosts: a primary, and those that follow it and may be
// promoted. Each new connection looks for the one that takes writes.

// hostsOf are the hosts that an address names, each once: HOST:PORT, or a socket's folder.
func hostsOf(config *pgx.ConnConfig) (hosts []string) {
	add := func(host string, port uint16) {
		if !strings.HasPrefix(host, "/") {
			host = net.JoinHostPort(host, strconv.Itoa(int(port)))
		}
		if !slices.Contains(hosts, host) {
			hosts = append(hosts, host)
		}
	}
	add(config.Host, config.Port)
	for _, f := range config.Fallbacks { // with sslmode=prefer each host is there twice
		add(f.Host, f.Port)
	}
	return hosts
}

func nameOf(config *pgx.ConnConfig) string {
	name := url.URL{Scheme: "postgres", User: url.User(config.User), Path: "/" + config.Database, Host: strings.Join(hostsOf(config), ",")}
	if strings.HasPrefix(config.Host, "/") {
		name.Host, name.RawQuery = "", url.Values{"host": {strings.Join(hostsOf(config), ",")}, "port": {strconv.Itoa(int(config.Port))}}.Encode()
	}
	return name.String()
}

// errOldPrimary: a primary that failed came back as it was.
var errOldPrimary = errors.New("it takes writes, and another server was promoted in its place")

// looksFor is how long the other hosts have to say that they were promoted: half the time that
// is left to connect, where that is less.
const looksFor = 3 * time.Second

// primary finds the one of several hosts that takes writes. Where an old primary came back
// after another was promoted, two take writes, and what is written to the old one is lost.
// Each promotion begins a new timeline: the highest counts.
type primary struct {
	hosts []*pgconn.Config // each on its own

	mu      sync.Mutex
	highest map[string]string // timeline by the cluster's identifier: hexadecimal, of one length
}

func newPrimary(config *pgconn.Config) *primary {
	p := &primary{highest: map[string]string{}}
	for _, host := range append([]*pgconn.FallbackConfig{{Host: config.Host, Port: config.Port, TLSConfig: config.TLSConfig}}, config.Fallbacks...) {
		one := config.Copy()
		one.Host, one.Port, one.TLSConfig, one.Fallbacks, one.ValidateConnect = host.Host, host.Port, host.TLSConfig, nil, nil
		p.hosts = append(p.hosts, one)
	}
	return p
}

// check refuses a connection to a server that takes no writes, or is an old primary.
func (p *primary) check(ctx context.Context, c *pgconn.PgConn) error {
	if err := pgconn.ValidateConnectTargetSessionAttrsReadWrite(ctx, c); err != nil {
		return err
	}
	p.look(ctx)
	if !p.newest(ctx, c) {
		return errOldPrimary
	}
	return nil
}

// look asks all hosts at once. One that does not answer is as good as not there.
func (p *primary) look(ctx context.Context) {
	limit := looksFor
	if deadline, is := ctx.Deadline(); is {
		limit = min(limit, time.Until(deadline)/2)
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	var all sync.WaitGroup
	for _, host := range p.hosts {
		all.Go(func() {
			if c, err := pgconn.ConnectConfig(ctx, host); err == nil {
				p.newest(ctx, c)
				_ = c.Close(ctx)
			}
		})
	}
	all.Wait()
}

// newest says whether a server is on the highest timeline that was seen of its cluster. A
// standby says none, nor do some hosted servers: nothing is known against them.
func (p *primary) newest(ctx context.Context, c *pgconn.PgConn) bool {
	answer, err := c.Exec(ctx, `SELECT system_identifier, left(pg_walfile_name(pg_current_wal_lsn()), 8) FROM pg_control_system()`).ReadAll()
	if err != nil || len(answer) != 1 || len(answer[0].Rows) != 1 || len(answer[0].Rows[0]) != 2 {
		return true
	}
	cluster, timeline := string(answer[0].Rows[0][0]), string(answer[0].Rows[0][1])
	p.mu.Lock()
	defer p.mu.Unlock()
	p.highest[cluster] = max(p.highest[cluster], timeline)
	return timeline == p.highest[cluster]
}

// keeps says whether a connection is kept after an error. One to a server that takes no
// writes any more is not: the next looks for the primary again.
func keeps(_ *pgconn.PgConn, refused *pgconn.PgError) bool {
	return refused.SeverityUnlocalized != "FATAL" && refused.Code != "25006"
}
