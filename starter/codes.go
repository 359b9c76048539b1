package main

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"foxflow/ledger"
	"foxflow/order"
	"foxflow/starter/internal/show"
	"foxflow/story"
)

// The JSON of codes. A code that came as an object stays that object.
type codesDocument struct {
	Reference string       `json:"reference"`
	OrderID   *string      `json:"orderId"`
	Mock      bool         `json:"mock"`
	Items     []codedItems `json:"items"`
}

type codedItems struct {
	ItemID string            `json:"itemId"`
	Codes  []json.RawMessage `json:"codes"`
	// Missing counts the codes that were ordered and did not come; left out for none.
	Missing int `json:"missing,omitempty"`
}

func (a *app) codesCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "codes REFERENCE",
		Short: "Print the delivered codes; each look is recorded",
		Long:  "Print the delivered codes of an order. Who looked, and from where, is written\ninto the order's audit log first. A completed order that delivers no code, as a direct\ntop-up, has none to print: exit status 0.",
		Args:  oneReference,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.atDesk(cmd.Context(), func(d *desk) error { return d.codes(cmd.Context(), args[0]) })
		},
	}
}

func (d *desk) codes(ctx context.Context, reference string) error {
	s, err := d.book.Status(ctx, reference)
	if err != nil {
		return d.notHere(reference, err)
	}
	if s.OrderID == nil {
		return noCodes(s)
	}
	// The look is on record before anything is unsealed: a look that can't be
	// recorded does not happen.
	if err := d.book.Append(ctx, ledger.Entry{Reference: reference, Key: "look-" + uuid.NewString(), Kind: ledger.KindLook,
		Reason: "codes read by " + d.who() + " from " + d.whence(), OrderID: *s.OrderID, At: d.now()}); err != nil {
		return err
	}
	codes, err := d.book.Codes(ctx, reference)
	if err != nil {
		return err
	}
	// Nothing to deliver is an answer; nothing delivered yet is none.
	if len(codes) == 0 && s.State != order.Completed {
		return noCodes(s)
	}
	return d.showCodes(s, codes)
}

func noCodes(s order.Status) error {
	hint := story.Command("watch", s.Reference) + " follows it"
	switch s.State {
	case order.Cancelled, order.Failed, order.Unresolved:
		hint = story.Command("explain", s.Reference) + " tells what happened"
	}
	return failed(hint, "order %s is %s and has no code", s.Reference, s.State)
}

func (d *desk) showCodes(s order.Status, codes []ledger.Code) error {
	doc := codesDocument{Reference: s.Reference, OrderID: s.OrderID, Mock: s.Mock, Items: shelve(s, codes)}
	if d.JSON {
		return d.Document(doc)
	}
	for _, it := range doc.Items {
		d.Printf("%s\n", d.Bold(show.Clean(it.ItemID)))
		if len(it.Codes) == 0 {
			d.Printf("  %s\n", d.Faint(noCode(s, it)))
		}
		for _, code := range it.Codes {
			d.Printf("  %s\n", plain(code))
		}
		if it.Missing > 0 && len(it.Codes) > 0 {
			d.Printf("  %s\n", d.Faint(missingCodes(it.Missing)+" missing"))
		}
	}
	if s.State.Ended() && s.Missing() > 0 {
		d.Note("codes of order %s are missing; %s looks again, and FoxReload's support knows more", s.Reference, story.Command("recheck", s.Reference))
	}
	return nil
}

// noCode says why an item has no code.
func noCode(s order.Status, it codedItems) string {
	switch {
	case it.Missing > 0:
		return "no code yet: " + missingCodes(it.Missing) + " missing"
	case s.State == order.Completed:
		return "no code: it is delivered without one, as a direct top-up to the player's account is"
	}
	return "no code"
}

// shelve puts the codes under the items of the order, each item there, codes or
// not. Codes of an earlier order of the reference, which should not be, follow:
// no code is ever left out.
func shelve(s order.Status, codes []ledger.Code) []codedItems {
	items := make([]codedItems, len(s.Items))
	for i, it := range s.Items {
		items[i] = codedItems{ItemID: it.ItemID, Codes: []json.RawMessage{}, Missing: it.Missing}
	}
	elsewhere := map[string]int{}
	for _, code := range codes {
		at := code.ItemIndex
		if code.OrderID != deref(s.OrderID) || at < 0 || at >= len(s.Items) {
			key := code.OrderID + "/" + code.ItemID
			place, there := elsewhere[key]
			if !there {
				place = len(items)
				elsewhere[key] = place
				items = append(items, codedItems{ItemID: code.ItemID, Codes: []json.RawMessage{}})
			}
			at = place
		}
		items[at].Codes = append(items[at].Codes, code.Raw)
	}
	return items
}

// plain is a code as it is typed in: a text without its quotes, unless it holds
// something that a terminal would not show as it is.
func plain(code json.RawMessage) string {
	var text string
	if err := json.Unmarshal(code, &text); err == nil && show.Clean(text) == text && strings.TrimSpace(text) != "" {
		return text
	}
	return show.Clean(string(code))
}
