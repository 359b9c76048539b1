package compose

import (
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/docker/go-units"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// containersCanDoLittle looks at what runs, as the kernel has it.
func (e *engine) containersCanDoLittle() {
	e.Helper()
	for name, c := range e.containers() {
		service := e.project.Services[name]
		assert.True(e, c.HostConfig.ReadonlyRootfs, "%s: its root is read-only", name)
		assert.Equal(e, []string{"ALL"}, c.HostConfig.CapDrop, name)
		assert.Empty(e, c.HostConfig.CapAdd, name)
		assert.False(e, c.HostConfig.Privileged, name)
		assert.EqualValues(e, service.MemLimit, c.HostConfig.Memory, "%s: its memory", name)
		assert.InDelta(e, service.CPUS*1e9, c.HostConfig.NanoCpus, 1, "%s: its cores", name)
		if !isJob(service) {
			e.processCanDoLittle(service, c)
		}
	}
}

func (e *engine) processCanDoLittle(service types.ServiceConfig, c container) {
	e.Helper()
	proc := filepath.Join("/proc", strconv.Itoa(c.State.Pid))
	text, err := os.ReadFile(filepath.Join(proc, "status"))
	require.NoError(e, err)
	status := func(field string) string {
		found := regexp.MustCompile(`(?m)^` + field + `:\s*(\S+)`).FindSubmatch(text)
		require.NotNil(e, found, field)
		return string(found[1])
	}
	const none = "0000000000000000"
	assert.Equal(e, none, status("CapEff"), "%s: capabilities", service.Name)
	assert.Equal(e, none, status("CapBnd"), "%s: capabilities that it could get", service.Name)
	assert.Equal(e, "1", status("NoNewPrivs"), service.Name)
	user, _, _ := strings.Cut(service.User, ":")
	if user == "postgres" {
		user = "999" // the image's
	}
	assert.Equal(e, user, status("Uid"), "%s: its user", service.Name)
	if os.Getuid() == 0 { // nobody else may go in by this way
		err := os.WriteFile(filepath.Join(proc, "root", "written-by-a-test"), nil, 0o600)
		assert.ErrorContains(e, err, "read-only file system", service.Name)
	}
}

// portsAreThisMachines: what the file publishes is reached on loopback, and on no other
// address of this machine.
func (e *engine) portsAreThisMachines() {
	e.Helper()
	addresses, err := net.InterfaceAddrs()
	require.NoError(e, err)
	published := 0
	for name, c := range e.containers() {
		var want, bound []string
		for _, port := range e.project.Services[name].Ports {
			want = append(want, port.HostIP+":"+port.Published)
		}
		for _, bindings := range c.NetworkSettings.Ports {
			for _, binding := range bindings {
				bound = append(bound, binding.HostIp+":"+binding.HostPort)
			}
		}
		assert.Equal(e, sorted(want...), sorted(bound...), name)
		for _, at := range bound {
			published++
			_, port, _ := net.SplitHostPort(at)
			e.reached(true, at)
			for _, address := range addresses {
				if ip, is := address.(*net.IPNet); is && !ip.IP.IsLoopback() && !ip.IP.IsLinkLocalUnicast() {
					e.reached(false, net.JoinHostPort(ip.IP.String(), port))
				}
			}
		}
	}
	assert.Equal(e, 6, published, "Temporal, Web UI, codec server, Prometheus, Grafana, simulator")
}

func (e *engine) reached(want bool, address string) {
	e.Helper()
	connection, err := net.DialTimeout("tcp", address, 10*time.Second)
	if err == nil {
		_ = connection.Close()
	}
	assert.Equal(e, want, err == nil, "%s: %v", address, err)
}

// staysSmall: all containers together take less than 1 GB, after all that the story does.
func (e *engine) staysSmall() {
	e.Helper()
	total := 0.0
	for _, line := range strings.Split(strings.TrimSpace(e.docker("stats", "--no-stream", "--format", "{{.Name}} {{.MemUsage}}")), "\n") {
		name, usage, _ := strings.Cut(line, " ")
		if !strings.HasPrefix(name, e.stack.project) {
			continue // somebody else's
		}
		used, err := units.RAMInBytes(strings.Split(usage, " / ")[0])
		require.NoError(e, err)
		e.Logf("%s: %d MB", strings.TrimPrefix(name, e.stack.project+"-"), used/1e6)
		total += float64(used)
	}
	assert.Positive(e, total)
	assert.Less(e, total, 1e9)
}

// endWell: every service ends by itself within its grace when it is told to stop.
func (e *engine) endWell() {
	e.Helper()
	e.compose("stop")
	for name, c := range e.containers() {
		if name == "temporal-ui" { // it has nothing to tidy up, and lets the signal end it
			assert.NotEqual(e, 137, c.State.ExitCode, "it had to be killed")
			continue
		}
		assert.Zero(e, c.State.ExitCode, name)
	}
}
