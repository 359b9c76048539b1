package e2e

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
	ids, keys := map[string]bool{}, map[string]bool{}
	for _, a := range e.logs()[reference] {
		id := ""
		if a.OrderID != nil {
			id = *a.OrderID
			ids[id] = true
		}
		fmt.Fprintf(&b, "  audit %3d %s %-6s %-14s %s %s\n", a.Seq, a.At.Format("15:04:05.000"), a.Kind, a.State, id, a.Reason)
	}
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
	b.WriteString(s.workflowStory(reference))
	for _, line := range s.workerLogs(`"`+reference+`"`, 40) {
		fmt.Fprintf(&b, "  worker %s\n", line)
	}
	return b.String()
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
