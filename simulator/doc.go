// Package simulator is a stand-in for FoxReload's partner API: the same
// endpoints, a catalogue, prepaid money, payment windows and fulfilment that
// takes its time. It serves the demo, the tests and the benchmark, in-process
// (New gives an http.Handler) or as the program cmd/simulator.
//
// Where the API's contract is given or seen, it is strict, so that a client's
// slip shows here and not with real money; where the contract is open, a knob
// (knobs.go) gives each reasonable answer. What goes wrong on demand is a table
// (behaviours.go). Its money ledger (money.go) is the truth that tests check
// against: each debit is on disk before the answer leaves.
//
// It must never know of foxflow's client, workflows or ledger: a mistake shared
// by both sides would be a mistake that no test can see.
package simulator
