// Package balance decides who gets the money when it is short: which orders wait for how
// much (needs), what the account held when it was last looked at, what of that is
// reserved for whom, and who may find out where nobody knows. These are the rules of the
// balance desk, with their rows; the desk itself, which looks and wakes, is internal/desk,
// and whoever pays asks Admit.
//
// A reservation keeps money for an order until FoxReload's balance shows it gone. In the
// tables it goes by its older name, promise.
//
// It must never know the audit log, a key or Temporal. Of the ledger's tables it reads how
// orders and top-ups stand, and writes none of them.
package balance
