package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"foxflow/order"
	"foxflow/starter/internal/input"
)

// The values of flags. Each refuses with a *order.FieldError, so that the
// message names the problem and the fix.

func wrong(problem, fix string) error { return &order.FieldError{Problem: problem, Fix: fix} }

// outputValue is -o.
type outputValue struct{ json *bool }

func (v *outputValue) Type() string { return "table|json" }
func (v *outputValue) String() string {
	if v.json != nil && *v.json {
		return "json"
	}
	return "table"
}

func (v *outputValue) Set(text string) error {
	if text != "table" && text != "json" {
		return wrong(fmt.Sprintf("%q is not a form of output", text), "write -o table or -o json")
	}
	*v.json = text == "json"
	return nil
}

// itemValue is --item: each adds an item.
type itemValue struct{ items *[]order.Item }

func (itemValue) Type() string   { return "PRODUCT[:QUANTITY]" }
func (itemValue) String() string { return "" }

func (v itemValue) Set(text string) error {
	item, problem := input.ParseItem(text)
	if problem != nil {
		return problem
	}
	*v.items = append(*v.items, item)
	return nil
}

// noteValue is --note: it belongs to the --item before it.
type noteValue struct{ items *[]order.Item }

func (noteValue) Type() string   { return "KEY=VALUE" }
func (noteValue) String() string { return "" }

func (v noteValue) Set(text string) error {
	if len(*v.items) == 0 {
		return wrong("stands before any --item", "write each --note after the --item it belongs to")
	}
	if problem := input.AddNote(&(*v.items)[len(*v.items)-1], text); problem != nil {
		return problem
	}
	return nil
}

// priceValue is --max-price.
type priceValue struct{ request *order.Request }

func (priceValue) Type() string   { return "PRICE[CURRENCY]" }
func (priceValue) String() string { return "" }

func (v priceValue) Set(text string) error {
	price, currency, problem := input.ParseMaxPrice(text)
	if problem != nil {
		return problem
	}
	v.request.MaxPrice, v.request.MaxPriceCurrency = &price, currency
	return nil
}

// amountValue is --request.
type amountValue struct{ amount *decimal.Decimal }

func (amountValue) Type() string   { return "AMOUNT" }
func (amountValue) String() string { return "" }

func (v amountValue) Set(text string) error {
	amount, problem := input.ParsePrice(text)
	if problem != nil {
		return wrong(fmt.Sprintf("%.40q is not an amount to send", text), "give an amount above 0 in plain digits, e.g. 50")
	}
	*v.amount = amount
	return nil
}

// coinValue is --currency.
type coinValue struct{ coin *string }

func (coinValue) Type() string   { return "COIN" }
func (coinValue) String() string { return "" }

func (v coinValue) Set(text string) error {
	*v.coin = strings.ToLower(strings.TrimSpace(text))
	return nil
}

// timeoutValue is --timeout.
type timeoutValue struct{ d *time.Duration }

func (timeoutValue) Type() string { return "duration" }
func (v timeoutValue) String() string {
	if v.d == nil || *v.d == 0 {
		return ""
	}
	return shortly(*v.d)
}

func (v timeoutValue) Set(text string) error {
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		return wrong(fmt.Sprintf("%q is not a length of time", text), "write a number and a unit, e.g. 300s or 5m")
	}
	*v.d = d
	return nil
}

// countValue is --limit.
type countValue struct{ n *int }

func (countValue) Type() string   { return "N" }
func (countValue) String() string { return "" }

func (v countValue) Set(text string) error {
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return wrong(fmt.Sprintf("%q is not a number of orders", text), "write a whole number, at least 1")
	}
	*v.n = n
	return nil
}

// countOf is a number of something else than orders.
type countOf struct {
	n    *int
	what string
}

func (countOf) Type() string   { return "N" }
func (countOf) String() string { return "" }

func (v countOf) Set(text string) error {
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > 36500 {
		return wrong(fmt.Sprintf("%q is not a number of %s", text, v.what), "write a whole number from 1 to 36500")
	}
	*v.n = n
	return nil
}

// dayValue is a day in UTC.
type dayValue struct{ day *time.Time }

func (dayValue) Type() string   { return "DAY" }
func (dayValue) String() string { return "" }

func (v dayValue) Set(text string) error {
	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return wrong(fmt.Sprintf("%.40q is not a day", text), "write year, month and day, e.g. 2026-11-01")
	}
	*v.day = day
	return nil
}

// stateValue is --state.
type stateValue struct{ s *order.State }

func (stateValue) Type() string   { return "STATE" }
func (stateValue) String() string { return "" }

func (v stateValue) Set(text string) error {
	if !order.State(text).Known() {
		return wrong(fmt.Sprintf("%q is not a state", text), "use one of "+strings.Join(stateNames(), ", "))
	}
	*v.s = order.State(text)
	return nil
}

// textValue is a flag that needs a text: empty would silently mean "not given".
type textValue struct {
	text    *string
	example string
}

func (v textValue) Type() string { return "TEXT" }
func (v textValue) String() string {
	if v.text == nil {
		return ""
	}
	return *v.text
}

func (v textValue) Set(text string) error {
	if strings.TrimSpace(text) == "" {
		return wrong("is empty", "give it a value, e.g. "+v.example)
	}
	*v.text = text
	return nil
}

func shortly(d time.Duration) string {
	if d%time.Second == 0 && d < time.Hour {
		return fmt.Sprintf("%ds", d/time.Second)
	}
	return d.Round(time.Millisecond).String()
}
