package simulator

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Orders that are shown as they are not: held, forgotten, out of date.

func (s *shop) refuses(id, code string) {
	_, answer := s.pay(id)
	require.Equal(s.t, code, answer["code"])
}

func TestAStatusNobodyKnowsBeforePay(t *testing.T) {
	s := openShop(t)
	order := s.expect(201, "POST", "/api/orders/", `{"items":[`+vouchers("on-hold-create")+`]}`)
	require.Equal(t, "on_hold", order["status"])
	id := order["id"].(string)
	s.refuses(id, "ORDER_PAYMENT_NOT_POSSIBLE")
	s.clock.pass(10 * time.Second)
	require.Equal(t, "active", s.status(id))
	s.paid(id)

	for _, behaviour := range []string{"on-hold-unpaid", "on-hold-unpaid-always"} {
		order = s.expect(201, "POST", "/api/orders/", `{"items":[`+vouchers(behaviour)+`]}`)
		require.Equal(t, "active", order["status"])
		id = order["id"].(string)
		s.clock.pass(time.Second)
		require.Equal(t, "on_hold", s.status(id))
		s.clock.pass(10 * time.Second)
		require.Equal(t, behaviour == "on-hold-unpaid-always", s.status(id) == "on_hold")
		s.paid(id)
		s.wait()
		require.Equal(t, "completed", s.status(id))
	}
}

func TestTheOwnerHoldsAnOrder(t *testing.T) {
	s := openShop(t)
	hold := func(id, text string) body { return s.expect(200, "POST", "/admin/orders/"+id+"/hold", text) }
	id := s.create(item(amazon, 1), "")
	hold(id, `{"status":"on_hold","for":"30s"}`)
	require.Equal(t, "on_hold", s.status(id))
	s.refuses(id, "ORDER_PAYMENT_NOT_POSSIBLE")
	s.clock.pass(30 * time.Second)
	s.paid(id)
	hold(id, `{"status":"review","for":"30s"}`)
	s.clock.pass(31 * time.Second)
	require.Equal(t, "paid", s.status(id), "it goes on where it was")
	s.clock.pass(9 * time.Second)
	require.Len(t, line(s.get(id), 0)["externalData"], 1)
	hold(id, `{"status":"archived"}`)
	s.wait()
	require.Equal(t, "archived", s.status(id), "for good")
	require.Len(t, line(s.get(id), 0)["externalData"], 1, "codes stay")

	for _, wrong := range []string{`{"status":"paid"}`, `{"for":"1s"}`, `{"status":"x","for":"soon"}`} {
		s.expect(400, "POST", "/admin/orders/"+id+"/hold", wrong)
	}
	require.ErrorContains(t, s.HoldOrder("nobody", "on_hold", 0), "there is no order")
}

func TestTheOwnerForgetsAnOrder(t *testing.T) {
	s := openShop(t)
	id := s.create(item(amazon, 1), `,"idempotencyKey":"k-1"`)
	listed := func() int {
		list, _ := readPage(t, s.send("GET", "/api/orders/", "").Body.Bytes())
		return len(list)
	}
	s.paid(id)
	s.expect(200, "POST", "/admin/orders/"+id+"/forget", `{"for":"30s"}`)
	require.Equal(t, "NOT_FOUND", s.expect(404, "GET", "/api/orders/"+id, "")["code"])
	s.refuses(id, "NOT_FOUND")
	require.Zero(t, listed())
	s.clock.pass(30 * time.Second)
	require.Equal(t, "completed", s.status(id), "it went on unseen")
	require.Equal(t, 1, listed())
	s.expect(200, "POST", "/admin/orders/"+id+"/forget", `{}`)
	s.clock.pass(time.Hour)
	s.expect(404, "GET", "/api/orders/"+id, "")
	require.Len(t, s.Orders(), 1, "the owner's truth")
}

func TestAReplicaThatIsBehind(t *testing.T) {
	s := openShop(t)
	id := s.create(item(amazon, 1), "")
	stale := func(status int) body {
		s.next("stale", RouteGet)
		return s.expect(status, "GET", "/api/orders/"+id, "")
	}
	require.Equal(t, "NOT_FOUND", stale(http.StatusNotFound)["code"], "just created")
	s.next("stale", RouteList)
	require.EqualValues(t, 0, s.expect(200, "GET", "/api/orders/", "")["total"])
	s.clock.pass(5 * time.Second)
	s.paid(id)
	require.Equal(t, "active", stale(200)["status"])
	require.Equal(t, "paid", s.status(id))
	s.clock.pass(10 * time.Second)
	require.Equal(t, "processing", stale(200)["status"])
	require.Nil(t, line(stale(200), 0)["externalData"])
	s.next("stale", RouteList)
	require.EqualValues(t, 1, s.expect(200, "GET", "/api/orders/?status=processing", "")["total"])
	s.clock.pass(5 * time.Second)
	require.Equal(t, "completed", stale(200)["status"])
}
