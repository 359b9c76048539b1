// Program starter is foxflow's command line: it places orders, follows them,
// shows what is on record and hands out the delivered codes.
//
// One file holds one command; run.go ties them together, failure.go is what can
// go wrong and with which exit status, start.go is the one place where an order
// is started. What an order is and how it is shown live in internal/input and
// internal/show; what is said about it is package story's.
//
// Commands that read never need Temporal; those that change something dial it
// first, so that without it nothing is begun.
package main
