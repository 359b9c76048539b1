package simulator

import (
	"context"
	"net/http"
	"slices"
	"strings"
)

// Middleware wraps a handler. Config.Faults are of this type.
type Middleware func(http.Handler) http.Handler

// endpoint answers one call; it runs alone (under the simulator's lock).
type endpoint func(*Simulator, *call) (answer, error)

// route is one endpoint of the API. Its path carries the canonical slash: the
// other form is redirected to it.
type route struct {
	name, method, path string
	do                 endpoint
}

// Names of routes, as RouteOf gives them.
const (
	RouteCreate     = "create"
	RouteList       = "list"
	RouteGet        = "get"
	RoutePay        = "pay"
	RouteTopUp      = "topup"
	RouteBalances   = "balances"
	RouteMe         = "me"
	RouteProducts   = "products"
	RouteSearch     = "search"
	RouteProduct    = "product"
	RouteCategories = "categories"
	routeRedirect   = "redirect"
	routeUnknown    = "unknown"
	routePayPage    = "pay-page"
	routeAdmin      = "admin"
)

var routeTable = []route{
	{RouteCreate, http.MethodPost, "/api/orders/", (*Simulator).createOrder},
	{RouteList, http.MethodGet, "/api/orders/", (*Simulator).listOrders},
	{RouteGet, http.MethodGet, "/api/orders/{id}", (*Simulator).getOrder},
	{RoutePay, http.MethodPost, "/api/orders/{id}/pay", (*Simulator).payOrder},
	{RouteTopUp, http.MethodPost, "/api/topups/crypto/", (*Simulator).createTopUp},
	{RouteBalances, http.MethodGet, "/api/access/me/balances/", (*Simulator).listBalances},
	{RouteMe, http.MethodGet, "/api/access/me", (*Simulator).showMe},
	{RouteProducts, http.MethodGet, "/api/products/", (*Simulator).listProducts},
	{RouteSearch, http.MethodGet, "/api/products/search", (*Simulator).searchProducts},
	{RouteProduct, http.MethodGet, "/api/products/{id}", (*Simulator).showProduct},
	{RouteCategories, http.MethodGet, "/api/categories/", (*Simulator).listCategories},
}

type routeKey struct{}

// RouteOf names the route of a request that reached a fault: one of the Route
// constants. Only there: elsewhere it is empty.
func RouteOf(r *http.Request) string {
	name, _ := r.Context().Value(routeKey{}).(string)
	return name
}

// otherMethods are refused with 405 where an endpoint does not take them.
var otherMethods = []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}

// routes builds the handler: which path goes where, and what stands before it.
func (s *Simulator) routes() http.Handler {
	mux := http.NewServeMux()
	methods := map[string][]string{} // by path: those that an endpoint takes
	for _, rt := range routeTable {
		here := s.observe(rt.name, rt.path, s.chain(rt))
		exact, other := muxPatterns(rt.path)
		mux.Handle(rt.method+" "+exact, here)
		mux.Handle(rt.method+" "+other, s.otherSlash(rt, here))
		methods[rt.path] = append(methods[rt.path], rt.method)
	}
	for path, taken := range methods {
		refusing := s.observe(routeUnknown, path, s.refusing(refuse(codeMethod, "method not allowed")))
		exact, _ := muxPatterns(path)
		for _, method := range otherMethods {
			if !slices.Contains(taken, method) {
				mux.Handle(method+" "+exact, refusing)
			}
		}
	}
	mux.Handle("GET /pay/{token}", s.observe(routePayPage, "/pay/{token}", http.HandlerFunc(s.visitPaymentLink)))
	mux.Handle("GET /topup/{id}", s.observe(routePayPage, "/topup/{id}", http.HandlerFunc(s.visitTopUpLink)))
	mux.HandleFunc("GET /healthz", s.answerHealth) // not observed: it would drown the requests that count
	s.adminRoutes(mux)
	mux.Handle("/", s.observe(routeUnknown, "", s.refusing(refuse(codeNotFound, "no such endpoint"))))
	return mux
}

// muxPatterns gives the patterns of a path as documented and of its other slash
// form.
func muxPatterns(path string) (exact, other string) {
	if bare, slashed := strings.CutSuffix(path, "/"); slashed {
		return path + "{$}", bare
	}
	return path, path + "/{$}"
}

// chain is what a request passes on its way to an endpoint, outermost first:
// key, rate limit, a test's own faults, those of the plan.
func (s *Simulator) chain(rt route) http.Handler {
	h := s.inject(rt, s.serve(rt.do))
	for i := len(s.config.Faults) - 1; i >= 0; i-- {
		h = s.config.Faults[i](h)
	}
	named := func(w http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), routeKey{}, rt.name)))
	}
	return s.admitKey(s.limitRate(http.HandlerFunc(named)))
}

// otherSlash answers the path that differs by the trailing slash alone as web
// frameworks do: nothing is processed, not even the key.
func (s *Simulator) otherSlash(rt route, here http.Handler) http.Handler {
	redirect := s.observe(routeRedirect, rt.path, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", withSlash(r, strings.HasSuffix(rt.path, "/")))
		status := http.StatusTemporaryRedirect
		if s.Knobs().Slash == "308" {
			status = http.StatusPermanentRedirect
		}
		w.WriteHeader(status)
	}))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.Knobs().Slash == slashAccept || s.movedToOtherSlash(rt.name) {
			here.ServeHTTP(w, r)
			return
		}
		redirect.ServeHTTP(w, r)
	})
}

// withSlash is where a request went, with a slash added to its path or taken off.
func withSlash(r *http.Request, wanted bool) string {
	form := func(path string) string {
		if wanted {
			return path + "/"
		}
		return strings.TrimSuffix(path, "/")
	}
	target := *r.URL
	target.Scheme, target.Host = "http", r.Host
	if r.TLS != nil {
		target.Scheme = "https"
	}
	target.RawPath, target.Path = form(target.EscapedPath()), form(target.Path)
	return target.String()
}
