// Package e2e proves foxflow from outside: real processes (Temporal server,
// simulator, worker, starter), killed with SIGKILL where a story wants it, and a
// real browser. It knows foxflow by its programs, their JSON and the Temporal
// names alone, as any other program would.
//
// Stories run beside each other (t.Parallel): most of each is waiting. Each has ports, a folder
// and a Temporal server of its own. The two storms alone, which load the machine.
package e2e
