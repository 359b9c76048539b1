package compose

import (
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/stretchr/testify/require"
)

// image is what stands in for an image: its program, and what its entrypoint does
// before it. All that such an image is known to do is in this file.
type image struct {
	program string // its program; for ours, that of the same name in the image
	path    string // what comes first in PATH
	// command is the whole command line for the words that the file gives.
	command func(*graph, types.ServiceConfig, []string) []string
	// adapt adds what the image or its network of its own would bring.
	adapt      func(*graph, types.ServiceConfig, map[string]string)
	prepare    func(*graph, types.ServiceConfig)
	credential func() *syscall.Credential
	signal     syscall.Signal
}

func (i image) stopSignal() syscall.Signal {
	if i.signal != 0 {
		return i.signal
	}
	return syscall.SIGTERM
}

// standIns are the programs for every image of the file but Grafana's, which no
// package of Debian's holds.
func standIns(t *testing.T) map[string]image {
	t.Helper()
	absolute := func(path string) string {
		path, err := filepath.Abs(path)
		require.NoError(t, err)
		return path
	}
	temporal := absolute(program("temporal"))
	built := func(name string) string {
		path := filepath.Join(temporal, name)
		if _, err := os.Stat(path); err != nil {
			lacks(t, path+" is not built: make temporal-programs")
		}
		return path
	}
	images := map[string]image{
		"postgres": postgresImage(t),
		"temporalio/server": {
			program: built("temporal-server"),
			command: func(_ *graph, _ types.ServiceConfig, _ []string) []string {
				return []string{filepath.Join(temporal, "temporal-server"), "start"}
			},
			adapt: ownPortsForTemporal,
		},
		"temporalio/admin-tools": {
			path:    filepath.Dir(built("temporal-sql-tool")) + ":" + temporalCommand(t),
			command: asGiven,
			adapt: func(g *graph, _ types.ServiceConfig, env map[string]string) {
				splitPort(g, env, "SQL_HOST", "SQL_PORT")
			},
		},
		"temporalio/ui": {
			program: built("ui-server"),
			command: func(_ *graph, _ types.ServiceConfig, _ []string) []string {
				return []string{filepath.Join(temporal, "ui-server"), "--root", uiConfiguration(t), "--env", "docker", "start"}
			},
			adapt: func(g *graph, s types.ServiceConfig, env map[string]string) {
				_, env["TEMPORAL_UI_PORT"], _ = net.SplitHostPort(g.address(s.Name, 8080))
			},
		},
		"prom/prometheus": {
			program: needs(t, "prometheus"),
			command: func(g *graph, s types.ServiceConfig, words []string) []string {
				return append([]string{needs(t, "prometheus"), "--web.listen-address=" + g.address(s.Name, 9090)}, words...)
			},
		},
	}
	for _, name := range []string{"worker", "starter", "codec", "simulator"} {
		path := absolute(program(name))
		images["foxflow/"+name] = image{program: path, command: func(_ *graph, _ types.ServiceConfig, words []string) []string {
			return append([]string{path}, words...)
		}}
	}
	return images
}

func asGiven(_ *graph, _ types.ServiceConfig, words []string) []string { return words }

// splitPort puts a service's address into a pair of variables that hold host and port.
func splitPort(g *graph, env map[string]string, host, port string) {
	if env[host] == "" {
		return // another job of the same image
	}
	at, known := g.addresses[env[host]+":"+env[port]]
	require.True(g, known, "%s:%s", env[host], env[port])
	env[host], env[port], _ = net.SplitHostPort(at)
}

// ownPortsForTemporal: a container has every port to itself; here each of the server's
// needs a free one. What the image's entrypoint does with BIND_ON_IP is done too.
func ownPortsForTemporal(g *graph, s types.ServiceConfig, env map[string]string) {
	splitPort(g, env, "POSTGRES_SEEDS", "DB_PORT")
	require.Equal(g, "0.0.0.0", env["BIND_ON_IP"])
	env["BIND_ON_IP"], env["TEMPORAL_BROADCAST_ADDRESS"] = "127.0.0.1", "127.0.0.1"
	_, env["FRONTEND_GRPC_PORT"], _ = net.SplitHostPort(g.address(s.Name, 7233))
	_, env["FRONTEND_HTTP_PORT"], _ = net.SplitHostPort(g.address(s.Name, 7243))
	for _, name := range []string{"FRONTEND_MEMBERSHIP_PORT", "HISTORY_GRPC_PORT", "HISTORY_MEMBERSHIP_PORT", "MATCHING_GRPC_PORT",
		"MATCHING_MEMBERSHIP_PORT", "WORKER_GRPC_PORT", "WORKER_MEMBERSHIP_PORT"} {
		key := s.Name + " " + name // the same at each look at the environment
		if g.addresses[key] == "" {
			g.addresses[key] = g.freePort()
		}
		_, env[name], _ = net.SplitHostPort(g.addresses[key])
	}
}

// uiConfiguration is a folder with the Web UI's configuration, as its image has it: a
// template that reads the environment.
func uiConfiguration(t *testing.T) string {
	t.Helper()
	module, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/temporalio/ui-server/v2").Output()
	require.NoError(t, err)
	text, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(module)), "config", "docker.yaml"))
	require.NoError(t, err)
	dir := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, "config"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "config", "docker.yaml"), text, 0o600))
	return dir
}

// postgresImage does what the image's entrypoint does: a cluster made as
// POSTGRES_INITDB_ARGS says, with the superuser's password from its file, then the
// files of /docker-entrypoint-initdb.d, then the server.
func postgresImage(t *testing.T) image {
	t.Helper()
	bin := postgresPrograms(t)
	at := func(name string) string { return filepath.Join(bin, name) }
	server := func(g *graph, s types.ServiceConfig, address string) []string {
		host, port, err := net.SplitHostPort(address)
		require.NoError(g, err)
		return []string{at("postgres"), "-D", g.path(s, "/var/lib/postgresql/data"), "-h", host, "-p", port, "-k", g.sockets()}
	}
	return image{
		program: at("postgres"), path: bin,
		// The image stops it with SIGINT: what runs is ended, nothing is lost.
		signal:     syscall.SIGINT,
		credential: notRoot,
		command: func(g *graph, s types.ServiceConfig, _ []string) []string {
			return server(g, s, g.address(s.Name, 5432))
		},
		prepare: func(g *graph, s types.ServiceConfig) {
			data := g.path(s, "/var/lib/postgresql/data")
			if _, err := os.Stat(filepath.Join(data, "PG_VERSION")); err == nil {
				return
			}
			own(g, data)
			own(g, g.folder("homes", s.Name))
			run := func(args ...string) {
				cmd := exec.Command(args[0], args[1:]...) //nolint:gosec,noctx // PostgreSQL's, which end by themselves
				cmd.Env, cmd.Dir = g.environment(s), data
				cmd.SysProcAttr = &syscall.SysProcAttr{Credential: notRoot()}
				said, err := cmd.CombinedOutput()
				require.NoError(g, err, "%v: %s", args, said)
			}
			password := g.readable(g.local(s, deref(s.Environment["POSTGRES_PASSWORD_FILE"])))
			run(slices.Concat([]string{at("initdb"), "-D", data, "--username=postgres", "--pwfile=" + password},
				strings.Fields(deref(s.Environment["POSTGRES_INITDB_ARGS"])))...)
			// As the image adds: every other machine with a password.
			hba, err := os.OpenFile(filepath.Join(data, "pg_hba.conf"), os.O_APPEND|os.O_WRONLY, 0)
			require.NoError(g, err)
			_, err = hba.WriteString("host all all all scram-sha-256\n")
			require.NoError(g, err)
			require.NoError(g, hba.Close())

			run(at("pg_ctl"), "-D", data, "-w", "-o", "-c listen_addresses='' -k "+g.sockets(), "-l", filepath.Join(data, "first.log"), "start")
			for _, volume := range s.Volumes {
				if filepath.Dir(volume.Target) == "/docker-entrypoint-initdb.d" {
					run(at("psql"), "-v", "ON_ERROR_STOP=1", "--no-psqlrc", "--no-password", "-h", g.sockets(), "-U", "postgres", "-d", "postgres", "-f", g.readable(volume.Source))
				}
			}
			run(at("pg_ctl"), "-D", data, "-w", "-m", "fast", "stop")
		},
		adapt: func(g *graph, _ types.ServiceConfig, env map[string]string) {
			for name, value := range env {
				if strings.HasSuffix(name, "_PASSFILE") {
					env[name] = g.readable(value)
				}
			}
		},
	}
}

// postgresPrograms is the folder of PostgreSQL's programs: Debian's package keeps the
// server's out of PATH.
func postgresPrograms(t *testing.T) string {
	t.Helper()
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	require.NoError(t, err)
	if len(found) > 0 {
		return filepath.Dir(found[len(found)-1])
	}
	server, err := filepath.EvalSymlinks(needs(t, "postgres")) // psql and initdb are beside the program itself
	require.NoError(t, err)
	return filepath.Dir(server)
}

// sockets is where PostgreSQL's socket is: a path that is short enough for one.
func (g *graph) sockets() string {
	if g.addresses["sockets"] == "" {
		dir, err := os.MkdirTemp("", "foxflow-graph-")
		require.NoError(g, err)
		g.Cleanup(func() { _ = os.RemoveAll(dir) })
		own(g, dir)
		g.addresses["sockets"] = dir
	}
	return g.addresses["sockets"]
}

// readable is a copy of a file that PostgreSQL's user can reach: a mount passes by the
// folders that keep others out, a path does not.
func (g *graph) readable(path string) string {
	copied := filepath.Join(g.sockets(), filepath.Base(path))
	text, err := os.ReadFile(path)
	require.NoError(g, err)
	require.NoError(g, os.WriteFile(copied, text, 0o600))
	own(g, copied)
	return copied
}

// notRoot is who runs PostgreSQL where we are root, which it refuses to be.
func notRoot() *syscall.Credential {
	if os.Getuid() != 0 {
		return nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		if u, err := user.Lookup(name); err == nil {
			uid, _ := strconv.ParseUint(u.Uid, 10, 32)
			gid, _ := strconv.ParseUint(u.Gid, 10, 32)
			return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		}
	}
	return nil
}

// own gives a path to PostgreSQL's user, and lets it through the folders above.
func own(t require.TestingT, path string) {
	who := notRoot()
	if who == nil {
		return
	}
	require.NoError(t, os.Chown(path, int(who.Uid), int(who.Gid)))
	for dir := filepath.Dir(path); dir != os.TempDir() && dir != "/"; dir = filepath.Dir(dir) {
		info, err := os.Stat(dir)
		require.NoError(t, err)
		require.NoError(t, os.Chmod(dir, info.Mode().Perm()|0o011))
	}
}
