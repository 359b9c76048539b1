package foxreload

import (
	"net/http"
	"net/url"
	"strings"
)

// endpoint is one call of the API: how it is asked for, and how errors name it.
type endpoint struct{ method, path, does string }

// The endpoints, with the slashes that FoxReload is seen to use. Where a
// deployment wants the other form it redirects, and the client remembers.
var (
	createOrder    = endpoint{http.MethodPost, "/api/orders/", "create order"}
	payOrder       = endpoint{http.MethodPost, "/api/orders/{id}/pay", "pay order"}
	getOrder       = endpoint{http.MethodGet, "/api/orders/{id}", "get order"}
	listOrders     = endpoint{http.MethodGet, "/api/orders/", "list orders"}
	createTopUp    = endpoint{http.MethodPost, "/api/topups/crypto/", "create top-up"}
	getBalances    = endpoint{http.MethodGet, "/api/access/me/balances/", "get balances"}
	getAccount     = endpoint{http.MethodGet, "/api/access/me", "get account"}
	getProduct     = endpoint{http.MethodGet, "/api/products/{id}", "get product"}
	searchProducts = endpoint{http.MethodGet, "/api/products/search", "search products"}
)

// Endpoints are all requests that a client makes, for those who count them.
func Endpoints() (all []Sent) {
	for _, e := range []endpoint{createOrder, payOrder, getOrder, listOrders, createTopUp, getBalances, getAccount, getProduct,
		searchProducts} {
		all = append(all, Sent{e.method, e.path})
	}
	return all
}

// AccountCall is the request of Client.Account.
var AccountCall = Sent{getAccount.method, getAccount.path}

// call is one use of an endpoint.
type call struct {
	endpoint
	id    string     // for {id}
	query url.Values // of a GET
	body  any        // of a POST, encoded as JSON
}

// target is the address of a call, its trailing slash flipped where this
// deployment is known to want that.
func (c *Client) target(call call, flipped bool) (*url.URL, *Error) {
	path := call.path
	if strings.Contains(path, "{id}") {
		// A dot would be taken for a step in the path, and nothing for the list.
		if id := strings.TrimSpace(call.id); id == "" || id == "." || id == ".." {
			return nil, call.failed(CodeInvalid, ClassFinal, "the id is missing or not an id")
		}
		path = strings.Replace(path, "{id}", url.PathEscape(call.id), 1)
	}
	if flipped {
		path = flipSlash(path)
	}
	u, err := url.Parse(c.base + path)
	if err != nil {
		return nil, call.failed(CodeInvalid, ClassFinal, "the id cannot be written into an address")
	}
	u.RawQuery = call.query.Encode()
	return u, nil
}
