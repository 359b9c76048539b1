// Program starter is foxflow's command line: it places orders, follows them,
// shows what is on record and hands out the delivered codes.
//
// One file holds one command; root.go ties them together, session.go opens what a
// command works with. What an order is asked and what becomes of it is package
// client's; the words about it are package story's; how lines and tables look is
// internal/show's, how flags and files are read internal/input's. refusals.go gives
// each of the client's errors its exit status and hint, exits.go has them all.
//
// Commands that read never need Temporal; those that change something dial it
// first, so that without it nothing is begun.
package main
