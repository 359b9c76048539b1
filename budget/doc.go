// Package budget puts the ledger's request budget in front of the API client:
// the one small piece that knows both, so that neither needs to know the other.
//
// Every program that talks to FoxReload uses it, the starter too: one budget
// per partner key, whoever spends it.
package budget
