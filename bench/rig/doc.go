// Package rig runs what is measured: a PostgreSQL, a Temporal server on it or the embedded
// one, the simulator, and the programs that carry orders, all as processes of this machine.
// It counts what they use: CPU, memory, transactions, bytes. It knows no figure and no table.
package rig
