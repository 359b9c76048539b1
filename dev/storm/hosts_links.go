package storm

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// What is done to the links between hosts, one at a time. The modes are the wire's.
var modes = []string{"cut", "no-requests", "no-answers", "slow", "reordered"}

// places are who loses whom.
var places = []string{"worker-Temporal", "worker-ledger", "worker-FoxReload", "Temporal-PostgreSQL", standbyPlace}

const standbyPlace = "standby-PostgreSQL"

// link is the wire's name for the link at a place, of this worker where it is a worker's; "":
// there is none now.
func (g *hosts) link(place string, worker int) string {
	g.state.Lock()
	primary := g.primary
	g.state.Unlock()
	switch place {
	case "worker-ledger":
		return fmt.Sprintf("worker-%d/%s", worker+1, primary)
	case "Temporal-PostgreSQL":
		return "temporal/postgres"
	case standbyPlace:
		if primary == "standby" {
			return ""
		}
		return "standby/postgres"
	default:
		_, callee, _ := strings.Cut(place, "-")
		return fmt.Sprintf("worker-%d/%s", worker+1, callee)
	}
}

// change tells the wire what a link is to be, and returns how often it met what it was.
func (g *hosts) change(link, how string) (met int, err error) {
	client := http.Client{Timeout: 30 * time.Second}
	response, err := client.Post(g.board+"/?link="+url.QueryEscape(link)+"&"+how, "", nil) //nolint:noctx // bounded
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return 0, err
	}
	if response.StatusCode != http.StatusOK {
		return 0, fmt.Errorf("the wire answers %d: %s", response.StatusCode, text)
	}
	return strconv.Atoi(strings.TrimSpace(string(text)))
}

// breakLinks breaks one link after the other, in each way at each place before any comes
// again. Healed, a link carries on what it held, or has lost it with its connections.
func (g *hosts) breakLinks(h *hand) {
	type blow struct{ mode, place string }
	var all []blow
	for _, mode := range modes {
		for _, place := range places {
			all = append(all, blow{mode, place})
		}
	}
	for {
		for _, b := range shuffled(h, all) {
			if !h.pause(200*time.Millisecond, time.Second) {
				return
			}
			g.breakLink(h, b.mode, b.place)
		}
	}
}

func (g *hosts) breakLink(h *hand, mode, place string) {
	link := g.link(place, h.IntN(len(g.workers)))
	if link == "" || !g.take(link) {
		return
	}
	defer g.release(link)
	if _, err := g.change(link, "mode="+mode); err != nil {
		h.Errorf("break %s: %v", link, err)
		return
	}
	h.pause(time.Second, 5*time.Second)
	how := "mode=whole"
	if h.IntN(3) == 0 {
		how += "&reset=true"
	}
	switch met, err := g.change(link, how); {
	case err != nil:
		h.Errorf("heal %s: %v", link, err)
	case met > 0:
		g.struck("link "+mode, "at "+place)
	}
}
