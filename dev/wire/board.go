package wire

import (
	"fmt"
	"net/http"
)

// Board is all links by name, and how they are told over HTTP what to be:
// POST /?link=NAME, with mode=MODE, reset=true, target=HOST:PORT or several of them. The
// answer is how often the mode before was met.
type Board map[string]*Link

func (b Board) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	link := b[query.Get("link")]
	if link == nil || r.Method != http.MethodPost {
		http.Error(w, fmt.Sprintf("POST /?link=NAME; %q is none", query.Get("link")), http.StatusNotFound)
		return
	}
	if query.Get("reset") == "true" {
		link.Reset()
	}
	if target := query.Get("target"); target != "" {
		link.Lead(target)
	}
	met := 0
	if mode := query.Get("mode"); mode != "" {
		var err error
		if met, err = link.Set(Mode(mode)); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
	}
	fmt.Fprintln(w, met)
}
