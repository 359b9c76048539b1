// Package reconcile holds a ledger against Temporal and against FoxReload's list of orders,
// and mends what can be mended without a person: what a ledger lacks that was put back from
// a backup, and what of it runs nowhere.
//
// It creates nothing at FoxReload and pays nothing.
package reconcile
