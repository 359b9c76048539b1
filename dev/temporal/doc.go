// Package temporal runs a whole Temporal server and its Web UI inside one
// process, on one machine, with its database in one SQLite file: what "make
// temporal", the demo and the end-to-end tests talk to.
//
// It prepares the server for foxflow (namespace, search attributes, timers that
// fire on time) and for nothing else. It must never know what an order is, and
// nothing outside the program foxflow-dev may import it: linking the server costs
// minutes of compiling. The module dev/ imports nothing of foxflow either, or each change
// of a library of foxflow's would compile the server anew: so the few lines that ask a page
// for 200 (ready.go) stand in demo/stack too.
package temporal
