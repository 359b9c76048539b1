package foxreload

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestPaySendsNullForTheBalance(t *testing.T) {
	for _, row := range []struct {
		request PayRequest
		want    string
	}{
		{PayRequest{}, `{"paymentProvider":null}`},
		{PayRequest{ReturnURL: "https://shop.example/return"}, `{"paymentProvider":null}`},
		{PayRequest{Provider: "pally", ReturnURL: "https://shop.example/return"}, `{"paymentProvider":"pally","paymentReturnUrl":"https://shop.example/return"}`},
		{PayRequest{Provider: "pally"}, `{"paymentProvider":"pally"}`},
	} {
		f := answering(t, 200, `{"id":"`+orderID+`","status":"paid"}`)
		payment, err := client(t, f.URL).PayOrder(context.Background(), orderID, row.request)
		require.NoError(t, err)
		assert.Equal(t, StatusPaid, payment.Order.Status)
		assert.Equal(t, "POST /api/orders/"+orderID+"/pay "+row.want, f.asked()[0].method+" "+f.asked()[0].path+" "+f.asked()[0].body)

		var back PayRequest
		require.NoError(t, json.Unmarshal([]byte(row.want), &back))
		assert.Equal(t, row.request.Provider, back.Provider)
	}
}

func TestPaymentsAreReadInEveryShape(t *testing.T) {
	const link = "https://pay.example/x?y=1"
	for _, row := range []struct {
		name, body string
		status     Status // "": the answer holds no order
		link       string
	}{
		{"the order", `{"id":"` + orderID + `","status":"processing"}`, StatusProcessing, ""},
		{"order in an envelope", `{"data":{"id":"` + orderID + `","status":"paid"}}`, StatusPaid, ""},
		{"order beside a link", `{"order":{"id":"` + orderID + `","status":"active"},"paymentUrl":"` + link + `"}`, StatusActive, link},
		{"order two deep", `{"data":{"order":{"id":"` + orderID + `","status":"active"},"payment":{"url":"` + link + `"}}}`, StatusActive, link},
		{"order with a link", `{"id":"` + orderID + `","status":"active","payment_url":"` + link + `"}`, StatusActive, link},
		{"link by another name", `{"redirectUrl":"` + link + `"}`, "", link},
		{"link in an object", `{"payment":{"href":"` + link + `"}}`, "", link},
		{"a payment's own id and status", `{"id":"pay_1","orderId":"` + orderID + `","status":"failed","url":"` + link + `"}`, "", link},
		{"another order", `{"id":"11111111-7a3e-4c0f-9a51-3f6f0d1f2a77","status":"cancelled"}`, "", ""},
		{"no status", `{"id":"` + orderID + `"}`, "", ""},
		{"not a web address", `{"url":"javascript:alert(1)","paymentUrl":"/relative"}`, "", ""},
		{"success and nothing more", `{"success":true}`, "", ""},
		{"unknown code in a success", `{"code":"OK","detail":"done"}`, "", ""},
		{"null", `null`, "", ""},
		{"text", `"ok"`, "", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			f := answering(t, 200, row.body)
			payment, err := client(t, f.URL).PayOrder(context.Background(), orderID, PayRequest{})
			require.NoError(t, err)
			assert.Equal(t, row.status, payment.Order.Status)
			assert.Equal(t, row.status != "", payment.Order.ID == orderID)
			assert.Equal(t, row.link, payment.Link)
			assert.Equal(t, row.body, string(payment.Raw))
		})
	}
}

func TestAPaymentMayBeAnsweredWithNothing(t *testing.T) {
	for _, status := range []int{200, 202, 204} {
		f := answering(t, status, "")
		payment, err := client(t, f.URL).PayOrder(context.Background(), orderID, PayRequest{})
		require.NoError(t, err)
		assert.Empty(t, payment.Order.ID)
	}
}

func TestAPaymentAnsweredWithNoJSONIsAnUnknownOutcome(t *testing.T) {
	for _, body := range []string{`<html>ok</html>`, `{"id":"` + orderID + `","sta`} {
		f := answering(t, 200, body)
		e := failure(t, payOne(client(t, f.URL)))
		assert.Equal(t, ClassUnknown, e.Class)
		assert.Equal(t, CodeMalformed, e.Code)
	}
}
