// Package foxreload is the client of the FoxReload partner API: orders, pay,
// top-ups, balances, account and catalogue, with the API's statuses and the
// meaning of its errors as tables.
//
// It writes strictly (the documented fields and no others) and reads tolerantly
// (anything that carries the meaning, see decode.go and codes.go). It sends each
// request once and never retries: whether a call may be repeated is the caller's
// decision, and Class (classes.go) is what it is decided by. "Unknown outcome"
// is the one that guards money: the request may have been carried out.
//
// The package must never know Temporal, SQL or the environment, and no text it
// makes holds the API key, a request or a delivered code.
package foxreload
