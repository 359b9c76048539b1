package activities

import (
	"context"

	"foxflow/foxreload"
	"foxflow/internal/balance"
	"foxflow/life"
	"foxflow/order"
)

// fromBalance says whether the order is paid with the account's money.
func fromBalance(r order.Request) bool { return r.Payer() == order.PaidByBalance }

// account is the account that orders are paid from.
func (a *Activities) account() *balance.Account { return balance.New(a.Ledger.Store) }

// admit refuses a payment that the balance is known not to cover, or that too many
// others try at this moment: the same refusal as FoxReload's, without having asked.
// It says nothing of the order itself, so where an earlier payment may have gone
// through there is no refusal: that is found out by looking.
func (a *Activities) admit(ctx context.Context, in Step) error {
	if !fromBalance(in.Request) {
		return nil
	}
	_, doubt, err := a.Ledger.Payments.InDoubt(ctx, in.reference())
	if err != nil || doubt {
		return err
	}
	p := a.payment(in, "", a.now(ctx))
	ok, err := a.account().Admit(ctx, balance.Claim{Reference: p.Reference, Currency: p.Currency, Amount: p.Amount, At: p.At,
		Waits: in.Facts.State == order.AwaitingTopUp})
	if err != nil || ok {
		return err
	}
	return &life.Refusal{Class: foxreload.ClassBalance, Code: codeBalance,
		Message: "the balance does not cover the order beside those that wait or are being paid; FoxReload was not asked"}
}

// codeBalance is FoxReload's own code, as interface.md has it.
const codeBalance = "BalanceNotEnough"

// tellDesk says what became of a payment that FoxReload was asked for. A word that is
// lost costs little: what was reserved is freed after a while, and the next refusal
// says the same.
func (a *Activities) tellDesk(ctx context.Context, in Step, err error) {
	switch {
	case !fromBalance(in.Request):
	case err == nil:
		_ = a.account().Accepted(ctx, in.reference(), a.now(ctx))
	case foxreload.ClassOf(err) == foxreload.ClassBalance:
		_ = a.account().Refused(ctx, in.reference(), a.now(ctx))
	}
}
