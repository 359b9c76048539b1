// Package client is for programs that place orders and follow them: the command
// line, and whatever else stands in front of foxflow. What is about one order is a method of
// Client; many orders at once, top-ups, and waking what waits are its parts Many, TopUps and
// Waiting.
//
// Reading needs the ledger alone. Temporal is dialled when something is asked of a
// running order for the first time, and before anything is written: without it
// nothing is begun. What is refused is an error with a type of its own (errors.go);
// how it is told, and with which status, is for the program to say. They look like the
// ledger's and are others: those say which row is in the way, these what a caller can do.
//
// It must never know a terminal, a flag, an HTTP request or the environment. It
// holds no code and no player data longer than it takes to hand them over.
package client
