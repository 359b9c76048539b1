// Package keyset seals and opens what must not be read in clear: requests and
// codes in the ledger, payloads in Temporal. A Keyset is a Tink AEAD keyset
// (FOXFLOW_KEYSET): one primary key that seals, and older ones that still open
// what they sealed before a rotation.
//
// A keyset must never be seen: it prints, formats and marshals as "[keyset]",
// and no error of this package repeats any of its text. The package knows
// nothing of what it seals.
package keyset
