// Package logging makes the loggers of the programs that serve: lines to stderr,
// JSON or for people, with a constant message and fields, times in RFC 3339.
//
// It knows nothing of orders, nor of the environment: a program hands in the level
// and format that its settings hold. What must not be seen is the caller's to leave
// out.
package logging
