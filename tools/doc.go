// Package tools pins the tools that foxflow is checked with, and holds the scripts
// that run them. Nothing of it is linked into a program of foxflow.
package tools
