// Package stack runs everything that foxflow needs as processes on this machine:
// Temporal with its Web UI, the simulator and one worker, their state in one
// folder. It starts them in order, waits for each by condition, and stops them
// all when asked or when one of them ends by itself.
//
// It must never know what an order is, and must never read the environment: its
// Settings say everything. It never uses a real partner key: what it starts talks
// to the simulator and to nobody else.
package stack
