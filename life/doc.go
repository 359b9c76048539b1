// Package life is an order's life as pure decisions: what is known of it, where its money
// is, and what comes next. It knows no Temporal, has no clock (times come in) and does no
// I/O, so every state of it can be walked through by a test.
//
// Facts are what is known. Terms.Next says what to do next; Terms.After what a sighting
// of the FoxReload order changes, Terms.Refuse what a refusal does; answers.go says for
// each answer to a request what it proves. Terms.Status is what the world is told.
package life
