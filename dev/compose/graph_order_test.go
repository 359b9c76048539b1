package compose

import (
	"slices"
	"time"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/stretchr/testify/require"
)

// up starts the named services as "docker compose up" does: each once all that it
// waits for has come to what it waits for. It returns when every job has ended well
// and everything else is healthy.
func (g *graph) up(names ...string) {
	g.Helper()
	slices.Sort(names)
	for len(names) > 0 {
		ready := slices.IndexFunc(names, func(name string) bool { return g.mayStart(name) })
		require.GreaterOrEqual(g, ready, 0, "%v wait for one another, or for something that is not started", names)
		name := names[ready]
		names = slices.Delete(names, ready, ready+1)
		g.comesUp(name)
	}
}

// mayStart says whether all that a service depends on is there. Healthy and ended are
// what comesUp has seen.
func (g *graph) mayStart(name string) bool {
	for other, how := range g.project.Services[name].DependsOn {
		c, started := g.running[other]
		if !started {
			return false
		}
		switch how.Condition {
		case types.ServiceConditionCompletedSuccessfully:
			select {
			case <-c.done:
			default:
				return false
			}
			if c.cmd.ProcessState.ExitCode() != 0 {
				return false
			}
		case types.ServiceConditionHealthy:
			if !g.healthy(other) {
				return false
			}
		}
	}
	return true
}

func (g *graph) comesUp(name string) {
	g.Helper()
	c := g.start(name)
	if isJob(g.project.Services[name]) {
		select {
		case <-c.done:
		case <-time.After(patience):
			g.tellLogs()
			g.Fatalf("%s does not end", name)
		}
		if status := c.cmd.ProcessState.ExitCode(); status != 0 {
			g.tellLogs()
			g.Fatalf("%s ended with status %d", name, status)
		}
		return
	}
	g.eventually(name+" to be healthy", func() bool {
		select {
		case <-c.done:
			g.tellLogs()
			g.Fatalf("%s ended by itself: %s", name, c.cmd.ProcessState)
		default:
		}
		return g.healthy(name)
	})
}

// down stops everything, the last started first, as "docker compose down" does, and
// gives how each ended.
func (g *graph) down() map[string]int {
	g.Helper()
	ended := map[string]int{}
	for _, name := range slices.Backward(g.order) {
		service, c := g.project.Services[name], g.running[name]
		if isJob(service) {
			continue
		}
		grace := 10 * time.Second // Docker's, where the file says nothing
		if service.StopGracePeriod != nil {
			grace = time.Duration(*service.StopGracePeriod)
		}
		require.NoError(g, c.cmd.Process.Signal(g.imageOf(service).stopSignal()), name)
		select {
		case <-c.done:
		case <-time.After(grace):
			g.tellLogs()
			g.Fatalf("%s is not gone after its grace of %s", name, grace)
		}
		ended[name] = c.cmd.ProcessState.ExitCode()
	}
	return ended
}
