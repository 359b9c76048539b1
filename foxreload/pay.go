package foxreload

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
)

// PayRequest is the body of POST /api/orders/{id}/pay. Without a provider the
// balance pays.
type PayRequest struct {
	Provider  string `json:"paymentProvider"`
	ReturnURL string `json:"paymentReturnUrl,omitempty"`
}

// MarshalJSON writes {"paymentProvider":null}, and no return address, for a
// payment from the balance.
func (r PayRequest) MarshalJSON() ([]byte, error) {
	if r.Provider == "" {
		return []byte(`{"paymentProvider":null}`), nil
	}
	type plain PayRequest // without this method
	return json.Marshal(plain(r))
}

// Payment is the answer to a payment.
type Payment struct {
	// Order is the order as it stands now; its ID is "" when the answer holds
	// no order, or not surely the one that was paid: then get it.
	Order Order
	Link  string          // where to pay, with an external provider; "" if there is none
	Raw   json.RawMessage `json:"-"` // the whole answer
}

// String names a payment without what is secret in its answer.
func (p Payment) String() string { return fmt.Sprintf("payment of %s", p.Order) }

// Format prints String for every verb.
func (p Payment) Format(f fmt.State, _ rune) { _, _ = fmt.Fprint(f, p.String()) }

// PayOrder pays an order: the one call that moves money. After an unknown
// outcome get the order first, and pay again only while it is active.
func (c *Client) PayOrder(ctx context.Context, id string, r PayRequest) (Payment, error) {
	call := call{endpoint: payOrder, id: id, body: r}
	got, err := c.do(ctx, call)
	if err != nil {
		return Payment{}, err
	}
	if len(strings.TrimSpace(string(got.body))) == 0 { // 204, or a bare 200: done, and nothing to say
		return Payment{}, nil
	}
	if !json.Valid(got.body) {
		return Payment{}, c.notUnderstood(call, got, "the answer is not JSON")
	}
	payment := Payment{Raw: append(json.RawMessage(nil), got.body...)}
	o, _ := readObject(got.body)
	payment.Link = findLink(o, 3)
	if order, ok := readPaidOrder(got.body, o, id); ok {
		payment.Order = order
	} else if knownCode(readProblem(got.status, got.body).code) { // a refusal with a success's status
		return Payment{}, c.notUnderstood(call, got, "")
	}
	return payment, nil
}

// PaymentLink is where to pay, as an answer that was kept says; "" if it does not.
func PaymentLink(raw json.RawMessage) string {
	o, _ := readObject(raw)
	return findLink(o, 3)
}

// readPaidOrder finds the order in a payment's answer. An "id" and a "status"
// there may be the payment's own, so only the id that was paid will do.
func readPaidOrder(body json.RawMessage, o object, id string) (Order, bool) {
	for _, candidate := range []json.RawMessage{body, o["order"], o["data"], o["result"], o["payment"]} {
		inner, ok := readObject(candidate)
		if !ok {
			continue
		}
		if nested, there := inner.inner("order"); there && !strings.EqualFold(inner.id("id"), id) {
			candidate, inner = inner["order"], nested
		}
		if !strings.EqualFold(inner.id("id"), id) {
			continue
		}
		if order, ok := readOrder(candidate); ok && order.Status != "" {
			order.ID = id
			return order, true
		}
	}
	return Order{}, false
}

// Names under which a link to pay may come, and the objects it may be in.
var (
	linkNames  = []string{"paymentUrl", "paymentLink", "payUrl", "checkoutUrl", "invoiceUrl", "confirmationUrl", "redirectUrl", "url", "link", "href"}
	linkHolder = []string{"payment", "order", "data", "result", "invoice", "checkout", "confirmation", "links"}
)

func findLink(o object, depth int) string {
	for _, name := range linkNames {
		if link := o.exact(name); isWebAddress(link) {
			return link
		}
	}
	if depth == 0 {
		return ""
	}
	for _, name := range linkHolder {
		if inner, ok := o.inner(name); ok {
			if link := findLink(inner, depth-1); link != "" {
				return link
			}
		}
	}
	return ""
}

// isWebAddress keeps "javascript:" and the like from being shown as a link.
func isWebAddress(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Hostname() != ""
}
