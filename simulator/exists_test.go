package simulator

import (
	"testing"

	"github.com/stretchr/testify/require"
)

const keyedOrder = `{"items":[{"itemId":"` + amazon + `","quantity":1}],"idempotencyKey":"k-1"}`

func TestExistsMadeTheOrderAndHidesItsID(t *testing.T) {
	for _, shape := range []string{"detail", "object", "message", "error"} {
		s := openShop(t)
		s.knobs("error-shape", shape)
		s.next("exists", RouteCreate)
		answer := s.send("POST", "/api/orders/", keyedOrder)
		require.Equal(t, 409, answer.Code)
		require.Len(t, s.Orders(), 1)
		id := s.Orders()[0].ID
		require.NotContains(t, answer.Body.String(), id)
		require.Contains(t, s.send("GET", "/api/orders/", "").Body.String(), `"idempotencyKey":"k-1"`, "it can be found")
		require.Contains(t, s.send("POST", "/api/orders/", keyedOrder).Body.String(), id, "as the knob says, without the fault")
		s.paid(id)
	}
}

func TestExistsLeavesARefusalAsItIs(t *testing.T) {
	s := openShop(t)
	s.next("exists", RouteCreate)
	answer := s.expect(404, "POST", "/api/orders/", `{"items":[`+item("product_none", 1)+`],"idempotencyKey":"k-1"}`)
	require.Equal(t, "NOT_FOUND", answer["code"])
	require.Zero(t, s.Faults.Report().Total, "what did not happen is not counted")
	require.Equal(t, []string{""}, s.struck())
}

func TestExistsHiddenIsFoundNowhere(t *testing.T) {
	s := openShop(t)
	s.next("exists-hidden", RouteCreate)
	require.Equal(t, "ORDER_ALREADY_EXISTS", s.expect(409, "POST", "/api/orders/", keyedOrder)["code"])
	require.Empty(t, s.Orders())
	s.expect(201, "POST", "/api/orders/", keyedOrder)

	s.next("exists-hidden", RouteCreate)
	require.Contains(t, s.send("POST", "/api/orders/", keyedOrder).Body.String(), s.Orders()[0].ID, "an order that is there is not hidden")
	require.Len(t, s.Faults.Report().Pending, 1, "it waits for a key that is new")
}

func TestExistsNeedsAKeyThatIsHeeded(t *testing.T) {
	for _, kind := range []string{"exists", "exists-hidden"} {
		s := openShop(t)
		s.next(kind, RouteCreate)
		s.create(item(amazon, 1), "")
		s.knobs("idempotency", "ignored")
		s.expect(201, "POST", "/api/orders/", keyedOrder)
		s.knobs("idempotency", "rejected")
		s.expect(422, "POST", "/api/orders/", keyedOrder)
		require.Zero(t, s.Faults.Report().Total)
		s.knobs("idempotency", "honoured-without-id")
		s.expect(409, "POST", "/api/orders/", keyedOrder)
		require.Equal(t, 1, s.injected(kind, RouteCreate))

		require.NoError(t, s.Faults.Set(kind+"=1", 0))
		s.create(item(amazon, 1), "") // the dice strike only what suits, too
	}
}
