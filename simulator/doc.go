// Package simulator is a stand-in for FoxReload's partner API: the same
// endpoints, a catalogue, prepaid money, payment windows and fulfilment that
// takes its time. It serves the demo, the tests and the benchmark, in-process
// (New gives an http.Handler) or as the program cmd/simulator.
//
// Where the API's contract is given or seen, it is strict, so that a client's
// slip shows here and not with real money; where the contract is open, a knob
// (knobs.go) gives each reasonable answer. What an order does out of the ordinary
// is a table (behaviours.go), and so is how the world fails a client, on demand
// or seeded at random (faultkinds.go). Its money ledger (money.go) is the truth
// that tests check against: each debit is on disk before the answer leaves.
//
// It must never know of foxflow's client, workflows or ledger: a mistake shared
// by both sides would be a mistake that no test can see.
package simulator
