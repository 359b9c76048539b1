package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"foxflow/demo/stack"
)

// The products of the story, from the simulator's catalogue. The expensive one
// costs more than the balance that the story starts with, whatever came before.
const (
	giftCard   = "product_01kr9ee0zbgj09tqm83xssss6y" // Amazon, 9.55 usd
	dearCard   = "product_01krdj8fssz5awsh8vhtpre95b" // Steam, 19.60 usd
	gameTopUp  = "product_01krgfgww8eth9xvvysd6y7r4j" // PUBG Mobile, 0.9549 usd, needs player_id
	currency   = "usd"
	balance    = "12.00" // enough for the first order, not for the second
	rescue     = "20.00" // what the second order waits for
	tooLittle  = "0.50"
	afterwards = "100.00"
	longEnough = "90s" // for any order here to end
)

// Exit statuses of "starter place --wait" and "watch".
const (
	exitCompleted = 0
	exitCancelled = 3
	exitFailed    = 4
	exitNotYet    = 5
)

// story is one telling: its references carry the time, so that it can be told again
// and again on the same state.
type story struct {
	shell *shell
	admin *admin
	stage *stage
	stack *stack.Stack
	at    string
	wrong []string // what did not go as expected
}

func newStory(st *stack.Stack, stage *stage) *story {
	return &story{shell: &shell{stack: st, stage: stage}, admin: &admin{url: st.SimulatorURL()}, stage: stage, stack: st,
		at: time.Now().Format("0102-150405")}
}

// chapter is one order's part of the story.
type chapter struct {
	title, about string
	name         string // of the order: the first half of its reference
	tell         func(*story, context.Context, string)
}

var chapters = []chapter{
	{"1. An order that completes", "A gift card, paid from the balance. The codes are sealed in the ledger's vault\nbefore the order is called completed.",
		"gift", (*story).completes},
	{"2. An order that waits for a top-up", "The balance is too low. Nothing is lost and nothing is retried blindly: the order\nwaits until somebody says that money has come.",
		"topup", (*story).waitsForTopUp},
	{"3. An order that fails", "The supplier can't deliver to this player. That is a result, with its reason.",
		"fails", (*story).fails},
	{"4. An order that is cancelled", "It waits for money too, but its owner changes their mind.",
		"cancel", (*story).isCancelled},
}

// play tells every chapter, whatever becomes of the ones before. The error says
// what went otherwise than expected.
func (s *story) play(ctx context.Context) error {
	var references []string
	for _, c := range chapters {
		reference := c.name + "-" + s.at
		references = append(references, reference)
		s.stage.heading(c.title)
		s.stage.say("%s", c.about)
		c.tell(s, ctx, reference)
		s.starter(ctx, 0, "audit", reference, "--verify")
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
	s.moneyIsShort(ctx)
	s.stage.heading("All orders of this ledger, newest first")
	s.starter(ctx, 0, "list", "--limit", "8")
	s.links(references)
	// The last chapter left next to nothing for the user's own tries. Said at once: else the
	// first of them waits until the balance is read.
	s.expect(s.admin.setBalance(ctx, afterwards))
	s.starter(ctx, 0, "top-up", "--all")
	if len(s.wrong) > 0 {
		return fmt.Errorf("the story went wrong:\n  %s", strings.Join(s.wrong, "\n  "))
	}
	s.stage.say("\n%s", s.stage.bold("All orders ended as expected."))
	return nil
}

func (s *story) completes(ctx context.Context, reference string) {
	// A known balance: this is the stand-in's money, and the story's own.
	s.expect(s.admin.setBalance(ctx, balance))
	s.starter(ctx, exitCompleted, "place", "--reference", reference, "--item", giftCard+":1", "--wait", "--timeout", longEnough)
	s.starter(ctx, 0, "codes", reference)
}

func (s *story) waitsForTopUp(ctx context.Context, reference string) {
	s.starter(ctx, 0, "place", "--reference", reference, "--item", dearCard+":1")
	s.untilWaiting(ctx, reference)
	s.starter(ctx, exitNotYet, "watch", reference, "--timeout", "1s")
	s.stage.say("\nMoney comes in: %s %s are added to the balance (by the simulator's admin API).", rescue, currency)
	s.expect(s.admin.addBalance(ctx, currency, rescue))
	s.starter(ctx, 0, "top-up", reference)
	s.starter(ctx, exitCompleted, "watch", reference, "--timeout", longEnough)
}

func (s *story) fails(ctx context.Context, reference string) {
	s.starter(ctx, exitFailed, "place", "--reference", reference, "--item", gameTopUp+":1", "--note", "player_id=fail", "--wait", "--timeout", longEnough)
}

func (s *story) isCancelled(ctx context.Context, reference string) {
	s.expect(s.admin.setBalance(ctx, tooLittle))
	s.starter(ctx, 0, "place", "--reference", reference, "--item", dearCard+":1")
	s.untilWaiting(ctx, reference)
	s.starter(ctx, 0, "cancel", reference)
	s.starter(ctx, exitCancelled, "watch", reference, "--timeout", longEnough)
}

// links are where the Web UI shows each order's whole history.
func (s *story) links(references []string) {
	ui := s.stack.WebUI()
	if ui == "" {
		return
	}
	s.stage.heading("Their histories in Temporal's Web UI")
	for _, reference := range references {
		s.stage.say("%s/namespaces/%s/workflows/order%%2F%s", ui, s.stack.Namespace(), reference)
	}
}

// starter runs a command in sight of the user and takes down an exit status other
// than the expected one.
func (s *story) starter(ctx context.Context, want int, args ...string) {
	got, err := s.shell.show(ctx, args)
	if err == nil && got != want {
		err = fmt.Errorf("starter %s: exit status %d, expected %d", strings.Join(args, " "), got, want)
	}
	s.expect(err)
}

// untilWaiting returns once the order waits for a top-up.
func (s *story) untilWaiting(ctx context.Context, reference string) {
	s.expect(s.shell.awaitState(ctx, reference, "awaiting_topup"))
}

func (s *story) expect(err error) {
	if err != nil {
		s.stage.say("! %v", err)
		s.wrong = append(s.wrong, err.Error())
	}
}
