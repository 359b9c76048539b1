package story

import (
	"regexp"
	"strings"
)

// Command is a command of the starter about a reference, to be typed or pasted as it is.
func Command(name, reference string) string { return "starter " + name + " " + Argument(reference) }

var plainArgument = regexp.MustCompile(`^[A-Za-z0-9._-]+$`)

// Argument is a text as a shell takes it for one word and for nothing else: a reference
// may hold a blank, a # or a $.
func Argument(text string) string {
	if plainArgument.MatchString(text) {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

// Reset is the command of Temporal that sets a workflow going again which was ended before
// its work was.
func Reset(workflowID string) string {
	return "temporal workflow reset --workflow-id " + workflowID + " --type FirstWorkflowTask --reason stranded"
}
