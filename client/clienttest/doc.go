// Package clienttest is a Temporal for tests of programs that stand on package client:
// it remembers workflows, signals and updates, and does as the test says. No server
// runs, and no workflow code. It answers what client asks, and nothing else.
package clienttest
