// Package carry has those that carry orders, foxflow and its neighbours, behind one face:
// references go in, results come out. It knows how each is started, and nothing of what is
// measured.
package carry
