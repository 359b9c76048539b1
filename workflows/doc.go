// Package workflows is the order's life as Temporal runs it: OrderWorkflow, and
// the names and types by which programs start it, signal it, update it and ask
// it (api.go).
//
// Workflow code decides; it never acts. It must never read a clock, a random
// number, the environment or the network: whatever it needs to know comes with
// its input or from an activity.
package workflows
