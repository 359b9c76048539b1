// Package program is what the programs do alike: they answer --help and --version, serve
// HTTP until they are told to stop, and put a file in its place. It knows no order and no
// setting.
package program
