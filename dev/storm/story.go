package storm

import (
	"encoding/json"
	"fmt"
	"strings"

	enumspb "go.temporal.io/api/enums/v1"
)

// story is all that is known of a reference: what was ordered, how it stands, its
// log, FoxReload's orders and debits for it, its workflow, the workers' last words.
func (s *storm) story(e *evidence, reference string) string {
	var b strings.Builder
	tell := func(what string, value any) {
		text, err := json.Marshal(value)
		if err != nil {
			text = []byte(err.Error())
		}
		fmt.Fprintf(&b, "  %s %s\n", what, text)
	}
	for _, p := range e.plan {
		if p.reference == reference {
			fmt.Fprintf(&b, "  ordered %s %+v\n", p.kind, p.lines)
		}
	}
	said, called := e.takenBack[reference]
	fmt.Fprintf(&b, "  resets %d, cancel called %v, and said done %v\n", e.reset[reference], called, said)
	for _, o := range e.orders {
		if o.Reference == reference {
			tell("stands", o)
		}
	}
	ids := map[string]bool{}
	for _, a := range e.logs()[reference] {
		id := ""
		if a.OrderID != nil {
			id = *a.OrderID
			ids[id] = true
		}
		fmt.Fprintf(&b, "  audit %3d %s %-6s %-14s %s %s\n", a.Seq, a.At.Format("15:04:05.000"), a.Kind, a.State, id, a.Reason)
	}
	e.tellFoxReloads(ids, tell)
	b.WriteString(s.workflowStory(reference))
	for _, line := range s.workerLogs(`"`+reference+`"`, 40) {
		fmt.Fprintf(&b, "  worker %s\n", line)
	}
	return b.String()
}

// tellFoxReloads tells FoxReload's orders of these ids, those under the same keys, and
// the money that any of them moved.
func (e *evidence) tellFoxReloads(ids map[string]bool, tell func(what string, value any)) {
	keys := map[string]bool{}
	for _, o := range e.fox {
		if ids[o.ID] && o.IdempotencyKey != "" {
			keys[o.IdempotencyKey] = true
		}
	}
	for _, o := range e.fox {
		if ids[o.ID] || keys[o.IdempotencyKey] {
			for i := range o.Items {
				o.Items[i].ExternalData = nil // a code, even of play money, is nobody's to print
			}
			tell("FoxReload's order", o)
		}
	}
	for _, m := range e.money {
		if ids[m.OrderID] || (m.IdempotencyKey != "" && keys[m.IdempotencyKey]) {
			tell("money", m)
		}
	}
}

// workflowStory is the newest run's history in short.
func (s *storm) workflowStory(reference string) string {
	var b strings.Builder
	history := s.client.GetWorkflowHistory(s.Context(), "order/"+reference, "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for history.HasNext() {
		event, err := history.Next()
		if err != nil {
			fmt.Fprintf(&b, "  workflow: %v\n", err)
			break
		}
		fmt.Fprintf(&b, "  workflow %s %d %s", event.EventTime.AsTime().Format("15:04:05.000"), event.EventId, event.EventType)
		if a := event.GetActivityTaskScheduledEventAttributes(); a != nil {
			fmt.Fprintf(&b, " %s", a.ActivityType.GetName())
		}
		if failed := event.GetWorkflowTaskFailedEventAttributes(); failed != nil {
			fmt.Fprintf(&b, " %s", failed.GetFailure().GetMessage())
		}
		b.WriteString("\n")
	}
	return b.String()
}

// stoodStill is the SDK's word for workflow code that did not yield for a second: in a worker
// that was frozen or starved that is no fault, and its task is done again.
const stoodStill = "TMPRL1101"

// workerLogs are the lines of the workers' logs that hold a text.
func (s *storm) workerLogs(text string, most int) (lines []string) {
	for line := range strings.Lines(s.ground.logs()) {
		if strings.Contains(line, text) && !strings.Contains(line, stoodStill) {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return lines[max(0, len(lines)-most):]
}
