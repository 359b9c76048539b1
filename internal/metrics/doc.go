// Package metrics says how foxflow is doing, in numbers for Prometheus: what the
// API, the request budget, the ledger and the orders do, counted as it happens,
// and what the ledger holds, read from it when somebody asks. Temporal's own
// metrics go the same way.
//
// Every label has a small, fixed set of values: endpoints by their template,
// outcomes by their class, states, currencies. No reference, no id and nothing that
// anybody typed is ever one. The rooms that are measured know nothing of this one:
// they call a function or a small interface, which is filled in here.
//
// What is read from the ledger is the same on every worker that shares it: take
// max by. What is counted is each worker's own: take sum by.
package metrics
