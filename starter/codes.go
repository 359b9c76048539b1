package main

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/spf13/cobra"

	"foxflow/client"
	"foxflow/internal/story"
	"foxflow/order"
	"foxflow/starter/internal/show"
)

// The JSON of codes. A code that came as an object stays that object.
type codesDocument struct {
	Reference string      `json:"reference"`
	OrderID   *string     `json:"orderId"`
	Mock      bool        `json:"mock"`
	Items     []codedItem `json:"items"`
}

type codedItem struct {
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
			return a.inSession(cmd.Context(), func(in *session) error { return in.codes(cmd.Context(), args[0]) })
		},
	}
}

func (in *session) codes(ctx context.Context, reference string) error {
	delivery, err := in.client.Codes(ctx, reference, client.Looker{Who: in.who(), From: in.whence()})
	if err != nil {
		return err
	}
	return in.showCodes(delivery)
}

func (in *session) showCodes(delivery client.Delivery) error {
	s := delivery.Status
	doc := codesDocument{Reference: s.Reference, OrderID: s.OrderID, Mock: s.Mock, Items: []codedItem{}}
	for _, it := range delivery.Items {
		shown := codedItem{ItemID: it.ItemID, Codes: []json.RawMessage{}, Missing: it.Missing}
		for _, code := range it.Codes {
			shown.Codes = append(shown.Codes, code.Raw)
		}
		doc.Items = append(doc.Items, shown)
	}
	if in.JSON {
		return in.Document(doc)
	}
	for _, it := range doc.Items {
		in.Printf("%s\n", in.Bold(show.Clean(it.ItemID)))
		if len(it.Codes) == 0 {
			in.Printf("  %s\n", in.Faint(noCode(s, it)))
		}
		for _, code := range it.Codes {
			in.Printf("  %s\n", plain(code))
		}
		if it.Missing > 0 && len(it.Codes) > 0 {
			in.Printf("  %s\n", in.Faint(missingCodes(it.Missing)+" missing"))
		}
	}
	if s.State.Ended() && s.Missing() > 0 {
		in.Note("codes of order %s are missing; %s looks again, and FoxReload's support knows more", s.Reference, story.Command("recheck", s.Reference))
	}
	return nil
}

// noCode says why an item has no code.
func noCode(s order.Status, it codedItem) string {
	switch {
	case it.Missing > 0:
		return "no code yet: " + missingCodes(it.Missing) + " missing"
	case s.State == order.Completed:
		return "no code: it is delivered without one, as a direct top-up to the player's account is"
	}
	return "no code"
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
