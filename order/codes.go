package order

import "strings"

// Codes of errors that are foxflow's own, as Status.Error shows them beside FoxReload's.
const (
	CodeMockIgnored   = "MOCK_IGNORED"         // failed: FoxReload made a real order of a mock one, or the other way round
	CodeNotOurs       = "ORDER_NOT_OURS"       // blocked: an order under our key is not what was asked for
	CodeNotFound      = "ORDER_NOT_FOUND"      // blocked: FoxReload no longer knows the order that is to be paid
	CodeGuard         = "PAYMENT_GUARD"        // blocked: the ledger forbids it, for another order of the reference may be paid
	CodePaused        = "PAYMENTS_PAUSED"      // paused: payments are switched off
	CodeDailyLimit    = "DAILY_LIMIT"          // paused: the day's limit is reached, or the order is above all of it
	CodeLimitCurrency = "DAILY_LIMIT_CURRENCY" // paused: the daily limit names no limit in the order's currency
	CodePriceGuard    = "PRICE_GUARD"          // cancelled: above the highest price
	CodePaymentWindow = "PAYMENT_WINDOW"       // cancelled: several payment windows in a row ended before a payment
	CodeGivenUp       = "GIVEN_UP"             // unresolved: after a long wait, with money out or perhaps out
	CodeCodesMissing  = "CODES_MISSING"        // unresolved: completed, and no code came
	CodeUnknownStatus = "UNKNOWN_STATUS"       // FoxReload shows a status that nobody knows: nothing is certain before it is clear
	CodeMoneyOut      = "MONEY_OUT"            // cancelled: it is paid all the same, or may be
	CodeOrderFailed   = "ORDER_FAILED"         // failed: the supplier's doing
	CodeForeign       = "FOREIGN_REFERENCE"    // failed: as its turn came, Temporal knew the reference from another ledger
	CodeProduct       = "PRODUCT_CHECK"        // failed: the product's terms don't allow the order
)

// AboveDailyLimit is how the message of a CodeDailyLimit error begins where the order
// alone is above the whole limit: no other day lets it through.
const AboveDailyLimit = "the order alone is above the whole daily limit"

// AboveDailyLimit says whether the order waits for a higher limit, and not for the next
// day.
func (s Status) AboveDailyLimit() bool {
	return s.Error != nil && s.Error.Code == CodeDailyLimit && strings.HasPrefix(s.Error.Message, AboveDailyLimit)
}
