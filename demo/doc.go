// Program demo runs the whole of foxflow on this machine and, with --story, plays
// seven orders on it: what "make dev" and "make demo" run.
//
// It does nothing that its user could not do with bin/starter in another terminal,
// and shows each command that it runs. No real account is ever touched: the
// stack talks to the simulator alone.
package main
