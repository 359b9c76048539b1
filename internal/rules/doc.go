// Package rules decides what the ledger lets happen, over what its rows say: whether a
// request to pay leaves, whether a payment is void, whether a state goes on record, whether an
// order's turn has come. The ledger reads the rows and asks here, in one transaction; the model
// check of package life asks the same. It knows no database, no clock and no FoxReload.
package rules
