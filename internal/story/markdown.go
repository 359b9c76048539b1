package story

import (
	"fmt"
	"strings"

	"foxflow/internal/phrase"
	"foxflow/order"
)

// Headings of the story, in the Web UI and in the terminal.
const (
	HeadNext     = "What you may do"
	HeadTimeline = "What happened"
)

// Markdown is the story as Temporal's Web UI shows it, with the states that were
// entered so far. Blocks are few and lines in them many: the Web UI keeps line breaks,
// and leaves much room between blocks.
func Markdown(told Story, timeline Timeline) string {
	var blocks []string
	block := func(lines ...string) {
		if len(lines) > 0 {
			blocks = append(blocks, strings.Join(lines, "\n"))
		}
	}
	block("### " + Sign(told.State) + " " + Escape(string(told.State)))
	why := []string{strong(Escape(told.Summary)), Escape(told.Means)}
	for _, r := range told.reasons {
		label := r.label
		if label == "" {
			label = "Reason:"
		}
		why = append(why, strong(Escape(upper(label)))+" "+Escape(r.words))
	}
	if told.PaymentURL != nil {
		why = append(why, strong("Pay here:")+" "+link(*told.PaymentURL))
	}
	block(why...)

	if len(told.Next) > 0 {
		block(strong(HeadNext))
		var actions []string
		for _, a := range told.Next {
			words := Escape(a.Text)
			if a.Command != "" {
				words = strings.TrimSuffix(typed(a.Command)+" — "+words, " — ")
			}
			actions = append(actions, "- "+words)
		}
		block(actions...)
	}

	var facts []string
	if told.Looks != "" {
		facts = append(facts, strong("Next look:")+" "+Escape(told.Looks))
	}
	if told.OrderID != nil {
		facts = append(facts, "FoxReload's order: "+typed(*told.OrderID))
	}
	for _, f := range told.Facts {
		facts = append(facts, Escape(f))
	}
	block(facts...)

	rows := []string{"| " + HeadTimeline + " | UTC |", "|---|---|"}
	for _, e := range timeline.First {
		rows = append(rows, row(e))
	}
	if timeline.Left > 0 {
		rows = append(rows, fmt.Sprintf("| … | %d more: %s |", timeline.Left, typed(Command("audit", told.Reference))))
	}
	for _, e := range timeline.Last {
		rows = append(rows, row(e))
	}
	block(rows...)
	return strings.Join(blocks, "\n\n")
}

// Details are what never changes about an order, in Markdown: what was ordered, under
// which ids, and where to ask for its story.
func Details(r order.Request) string {
	lines := []string{"Reference: " + typed(r.Reference), ""}
	for _, item := range r.Items {
		lines = append(lines, fmt.Sprintf("- %d × %s", item.Quantity, typed(item.ItemID)))
	}
	return strings.Join(lines, "\n") + "\n\nThe same story in a terminal: " + typed(Command("explain", r.Reference))
}

func row(e Event) string {
	return "| " + Escape(string(e.State)) + " | " + strings.TrimSuffix(clock(e.At), " UTC") + " |"
}

func strong(markdown string) string { return "**" + markdown + "**" }

// Escape makes text from outside plain text in Markdown: no link, no HTML, no
// emphasis, on one line.
func Escape(text string) string {
	var b strings.Builder
	for _, r := range phrase.OneLine(text) {
		if strings.ContainsRune("\\`*_{}[]()<>#+-.!:|&~^$", r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// typed is text in Markdown's code style, in which nothing else has a meaning. Text that
// holds backticks stands between more of them.
func typed(text string) string {
	text = phrase.OneLine(text)
	if !strings.Contains(text, "`") {
		return "`" + text + "`"
	}
	fence := "``"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	return fence + " " + text + " " + fence
}

// link is a web address to click on; what is none stays text.
func link(address string) string {
	web := strings.HasPrefix(address, "https://") || strings.HasPrefix(address, "http://")
	plain := !strings.ContainsFunc(address, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune("<>`|\\", r) })
	if !web || !plain {
		return Escape(address)
	}
	return "<" + address + ">"
}

// upper has text begin with a capital, where that is a plain letter.
func upper(text string) string {
	if text != "" && text[0] >= 'a' && text[0] <= 'z' {
		return strings.ToUpper(text[:1]) + text[1:]
	}
	return text
}
