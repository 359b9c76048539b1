// Package show is how the command line looks: the two streams and whether they
// are terminals, colours, tables that fit a terminal, a line that moves while
// one waits, JSON documents.
//
// It must never decide anything about an order; it is handed what is to be
// shown. Text from outside passes through Clean, so that no product name can
// steer a terminal.
package show
