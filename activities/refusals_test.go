package activities

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"foxflow/foxreload"
	"foxflow/life"
)

// Each activity says which refusals it can give; the workflow knows what follows from every
// one of them.
func TestEveryRefusalIsKnownToLife(t *testing.T) {
	for activity, classes := range map[string][]foxreload.Class{
		"CreateOrder": createRefusals, "PayOrder": payRefusals, "PollStatus": pollRefusals,
	} {
		for _, class := range classes {
			assert.True(t, life.Refusable(class), "%s refuses with %s, and nobody knows what follows", activity, class)
		}
	}
}

// What the tables of answers refuse with is declared by the activity that asks.
func TestEveryAnswerThatRefusesIsDeclared(t *testing.T) {
	for _, class := range foxreload.Classes() {
		failed := &foxreload.Error{Class: class}
		create, pay, look := life.OfCreate(failed), life.OfPay(failed), life.OfLook(failed)
		assert.NotEmpty(t, create.Then, "a create answered %s", class)
		assert.NotEmpty(t, pay.Then, "a pay answered %s", class)
		if create.Then == life.Refused || create.Then == life.Reprice {
			assert.Contains(t, createRefusals, class)
		}
		if pay.Refusal != "" {
			assert.Contains(t, payRefusals, pay.Refusal, "a pay answered %s", class)
		}
		if look.Then == life.Refused {
			assert.Contains(t, payRefusals, look.Refusal, "a look answered %s", class)
			assert.Contains(t, createRefusals, look.Refusal, "a look answered %s", class)
			assert.Contains(t, pollRefusals, look.Refusal, "a look answered %s", class)
		}
	}
}
