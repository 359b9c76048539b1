package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/google/uuid"

	"foxflow/client"
	"foxflow/internal/phrase"
	"foxflow/order"
	"foxflow/starter/internal/show"
)

// requesting is what the flags of top-up --request say.
type requesting struct {
	top     order.TopUpRequest
	timeout time.Duration // 0: to its end
	qr      bool
	// again: --id named one that was asked for before.
	again bool
}

// topUpStatus is the exit status of a top-up that was followed, by its end.
var topUpStatus = map[order.TopUpState]int{
	order.TopUpArrived:   exitDone,
	order.TopUpCancelled: exitCancelled,
	order.TopUpExpired:   exitError,
	order.TopUpLost:      exitError,
	order.TopUpFailed:    exitError,
}

// named gives a top-up that is asked for anew its id, and tells the first mistake.
func (r requesting) named() (requesting, error) {
	r.again = r.top.ID != ""
	if !r.again {
		r.top.ID = uuid.NewString()
	}
	for _, wrong := range r.top.Validate() {
		return r, misused(wrong.Fix, "--%s", wrong.Error())
	}
	return r, nil
}

// requestTopUp has FoxReload asked for a top-up and follows it.
func (in *session) requestTopUp(ctx context.Context, r requesting) error {
	// Before Temporal is asked: a missing key is wrong usage.
	if _, err := in.foxreload(); err != nil {
		return err
	}
	if _, err := in.client.Connect(ctx); err != nil {
		return err
	}
	if !r.again {
		in.Note("top-up %s (to look again: %s)", r.top.ID, again(r.top))
	}
	if err := in.client.TopUps.Request(ctx, r.top, r.again); err != nil {
		if _, maybe := errors.AsType[*client.MaybeStarted](err); maybe {
			return failed("this finds out, and requests nothing twice: "+again(r.top), "%v", err)
		}
		return err
	}
	return in.followTopUp(ctx, r)
}

// followTopUp shows where the top-up stands until it has ended or the time is up.
func (in *session) followTopUp(ctx context.Context, r requesting) error {
	moving := show.NewMoving(in.Console)
	defer moving.Clear()
	var s order.TopUp
	began, told := in.now(), order.TopUpState("")
	for now, err := range in.client.TopUps.Watch(ctx, r.top, r.timeout) {
		switch {
		case ctx.Err() != nil:
			return &failure{status: exitError, message: fmt.Sprintf("interrupted: top-up %s goes on without you", r.top.ID), hint: "look again: " + again(r.top), cause: ctx.Err()}
		case err != nil:
			return err
		}
		s = now
		if s.State != told {
			moving.Clear()
			told = s.State
			in.tellTopUp(s, r)
		}
		if !s.State.Ended() {
			moving.Show(fmt.Sprintf("top-up %s is %s · %s", s.ID, s.State, in.now().Sub(began).Round(time.Second)))
		}
	}
	moving.Clear()
	return in.endTopUp(s, r)
}

// again is the command that joins a top-up.
func again(r order.TopUpRequest) string {
	return fmt.Sprintf("starter top-up --request %s --currency %s --id %s", r.Amount, r.Currency, r.ID)
}

// tellTopUp shows the state that was entered. In JSON there is one document, at the end:
// what is needed before that goes to stderr.
func (in *session) tellTopUp(s order.TopUp, r requesting) {
	if in.JSON {
		if s.State == order.TopUpWaiting {
			in.Note("top-up %s: send %s %s to %s", s.ID, s.Amount, s.Currency, show.Clean(where(s)))
		}
		return
	}
	if s.State == order.TopUpRequested {
		return
	}
	in.Printf("%s  top-up %s is %s\n", in.Faint(in.now().UTC().Format("15:04:05")), in.Bold(s.ID), s.State)
	if s.State == order.TopUpWaiting {
		in.showWhere(s, r)
	}
	if s.Reason != nil && !s.State.Ended() {
		in.Printf("%s\n", in.Wrap("waits for "+show.Clean(*s.Reason), "  "))
	}
}

func where(s order.TopUp) string {
	switch {
	case s.Address != nil && s.Link != nil:
		return *s.Address + " (" + *s.Link + ")"
	case s.Address != nil:
		return *s.Address
	case s.Link != nil:
		return *s.Link
	}
	return "what raw says"
}

// showWhere is where to send the money, for a person, and for their phone.
func (in *session) showWhere(s order.TopUp, r requesting) {
	fact := func(name, value string) {
		if value != "" {
			in.Printf("  %-8s %s\n", name, show.Clean(value))
		}
	}
	fact("send", s.Amount+" "+s.Currency)
	fact("to", phrase.Of(s.Address))
	fact("link", phrase.Of(s.Link))
	if s.ExpiresAt != nil {
		fact("before", clock(*s.ExpiresAt))
	}
	if s.Address == nil && s.Link == nil {
		fact("answer", string(s.Raw))
	}
	if r.qr || in.OutTerminal {
		in.qr(firstOf(s.Address, s.Link))
	}
}

func firstOf(texts ...*string) string {
	for _, text := range texts {
		if text != nil {
			return *text
		}
	}
	return ""
}

func (in *session) qr(text string) {
	if code := show.QR(text); code != "" {
		_, _ = io.WriteString(in.Out, "\n"+code+"\n")
	}
}

// endTopUp is how the top-up stands now that it is followed no more.
func (in *session) endTopUp(s order.TopUp, r requesting) error {
	if in.JSON {
		if err := in.Document(s); err != nil {
			return err
		}
	} else if s.State == order.TopUpArrived && s.Reason != nil {
		in.Printf("  %s; the orders that wait for money look again\n", show.Clean(*s.Reason))
	}
	switch status, ended := topUpStatus[s.State]; {
	case !ended:
		return &failure{status: exitNotEnded, message: fmt.Sprintf("the time ran out, the top-up goes on: it is %s", s.State), hint: "look again: " + again(r.top)}
	case status != exitDone:
		return &failure{status: status, message: fmt.Sprintf("top-up %s is %s: %s", s.ID, s.State, phrase.Of(s.Reason)), hint: topUpHints[s.State]}
	}
	return nil
}

var topUpHints = map[order.TopUpState]string{
	order.TopUpExpired: "starter balance shows whether it came after all",
	order.TopUpLost:    "run the same command again without --id",
	order.TopUpFailed:  "mend what the answer names, then ask again without --id",
}
