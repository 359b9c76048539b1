package simulator

import (
	"html/template"
	"net/http"
)

var payPage = template.Must(template.New("pay").Parse(`<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Payment</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:32rem;margin:4rem auto;padding:0 1rem}</style>
<h1>{{.Title}}</h1><p>{{.Text}}</p>
{{if .ReturnURL}}<p><a href="{{.ReturnURL}}">Back to the shop</a></p>{{end}}
`))

type payPageContent struct{ Title, Text, ReturnURL string }

func writePage(w http.ResponseWriter, status int, content payPageContent) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_ = payPage.Execute(w, content) // the visitor has gone: nobody to tell
}

// visitPaymentLink is the external provider: whoever opens the link has paid.
// The money comes from outside, so the balance stays as it is.
func (s *Simulator) visitPaymentLink(w http.ResponseWriter, r *http.Request) {
	status, content := http.StatusNotFound, payPageContent{Title: "No such payment", Text: "This link is unknown."}
	if r.Method == http.MethodGet { // a HEAD must not pay
		status, content = s.payByLink(r.PathValue("token"))
	}
	writePage(w, status, content)
}

func (s *Simulator) payByLink(token string) (int, payPageContent) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o, known := s.state.orders[s.state.byLink[token]]
	if !known || o.Link.Token != token {
		return http.StatusNotFound, payPageContent{Title: "No such payment", Text: "This link is unknown, or a newer one took its place."}
	}
	now := s.now()
	if status := o.at(now).Status; !recall(o.Behaviour).unpaid.payable(status) {
		return http.StatusConflict, payPageContent{Title: "Nothing to pay", Text: "The order is " + status + ".", ReturnURL: o.Link.ReturnURL}
	}
	paid := o.copy()
	paid.pay(now, s.knobs, recall(o.Behaviour))
	ch := change{Orders: []*order{paid}}
	if !o.Mock {
		ch.Entries = []Entry{{At: now, Kind: EntryProvider, Currency: o.Currency, Amount: o.Price, OrderID: o.ID, IdempotencyKey: o.IdempotencyKey}}
	}
	if err := s.commit(ch); err != nil {
		return http.StatusInternalServerError, payPageContent{Title: "Not paid", Text: "The payment could not be recorded. Try again."}
	}
	return http.StatusOK, payPageContent{Title: "Paid", Text: moneyText(o.Price) + " " + o.Currency + " with " + o.Link.Provider + ".", ReturnURL: o.Link.ReturnURL}
}

// visitTopUpLink is the wallet: whoever opens a top-up's link has sent the coins.
func (s *Simulator) visitTopUpLink(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet {
		writePage(w, http.StatusNotFound, payPageContent{Title: "No such top-up"})
		return
	}
	t, err := s.ConfirmTopUp(r.PathValue("id"))
	if err != nil {
		writePage(w, http.StatusConflict, payPageContent{Title: "Nothing to send", Text: "This top-up is unknown or has arrived already."})
		return
	}
	writePage(w, http.StatusOK, payPageContent{Title: "Sent", Text: moneyText(t.Amount) + " " + t.Currency + " has arrived."})
}
