// Package stage is where the tests against real servers play: it starts foxflow's
// programs (Temporal server, simulator, worker, starter, codec server, PostgreSQL) on
// ports and in a folder of their own, kills and stops them, and asks them. It must never
// know what a story wants to prove, and it imports no package of foxflow's programs.
package stage
