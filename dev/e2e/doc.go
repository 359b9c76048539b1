// Package e2e proves foxflow from outside: real processes (Temporal server,
// simulator, worker, starter), killed with SIGKILL where a story wants it, and a
// real browser. It knows foxflow by its programs, their JSON and the Temporal
// names alone, as any other program would.
package e2e
