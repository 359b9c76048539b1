package simulator

import (
	"fmt"
	"strings"
)

// The README's tables are made from the tables that the code runs on, and a test
// holds them together: what is documented is what happens.

// BehaviourTable lists what orders do on demand, in Markdown.
func BehaviourTable() string {
	return markdown([]string{"Note value", "Vouchers", "What happens"}, behaviourTable, func(b Behaviour) []string {
		return []string{"`" + b.Name + "`", fmt.Sprint(b.Quantity), b.Effect}
	})
}

// FaultTable lists the faults, in Markdown, with their rates in the plan storm.
func FaultTable() string {
	return markdown([]string{"Fault", "Routes", "storm", "What happens"}, faultTable(), func(f Fault) []string {
		return []string{"`" + f.Name + "`", f.Where(), fmt.Sprintf("%g %%", 100*f.storm), f.Help}
	})
}

// KnobTable lists the knobs, in Markdown.
func KnobTable() string {
	return markdown([]string{"Knob", "Values (first: default)", "What it turns"}, knobTable, func(k Knob) []string {
		values := "`" + k.Default + "`"
		if k.Default == "" {
			values = "none"
		}
		for _, value := range k.Values {
			if value != k.Default {
				values += " `" + value + "`"
			}
		}
		return []string{"`" + k.Name + "`", values, k.Help}
	})
}

// AdminTable lists the admin API, in Markdown.
func AdminTable() string {
	return markdown([]string{"Call", "Does"}, AdminCalls(), func(c AdminCall) []string {
		return []string{"`" + c.Call + "`", c.Does}
	})
}

// CatalogueTable lists the products, in Markdown.
func CatalogueTable() string {
	return markdown([]string{"Product", "Id", "usd", "Quantity", "Notes"}, products, func(p product) []string {
		price := "not for sale"
		if p.Price != nil {
			price = moneyText(*p.Price)
		}
		if !p.sellable(1) {
			price += ", out of stock"
		}
		var notes []string
		for _, n := range p.notes {
			text := "`" + n.key + "`"
			if n.options != nil {
				text += " (" + strings.Join(n.options, ", ") + ")"
			}
			notes = append(notes, text)
		}
		return []string{p.name, "`" + p.id + "`", price, fmt.Sprintf("%d–%d", p.min, p.max), strings.Join(notes, ", ")}
	})
}

func markdown[T any](head []string, rows []T, cells func(T) []string) string {
	var b strings.Builder
	line := func(cells []string) { fmt.Fprintf(&b, "| %s |\n", strings.Join(cells, " | ")) }
	line(head)
	b.WriteString(strings.Repeat("|---", len(head)) + "|\n")
	for _, row := range rows {
		line(cells(row))
	}
	return b.String()
}
