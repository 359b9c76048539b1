package simulator

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
)

// Refusal is how a request is refused beyond what the contract lists: with a
// status and a code, or with a page as a proxy writes it. The zero value refuses
// nothing.
type Refusal struct {
	Status int
	Word   string // the code; page and text stand for a proxy's page
}

const (
	refusalNone = "none"
	pageHTML    = "page"
	pageText    = "text"
)

var codeWord = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,63}$`)

func (f Refusal) String() string {
	if f.Status == 0 {
		return refusalNone
	}
	return fmt.Sprintf("%d:%s", f.Status, f.Word)
}

func parseRefusal(value string) (Refusal, error) {
	if value == refusalNone {
		return Refusal{}, nil
	}
	number, word, _ := strings.Cut(value, ":")
	status, err := strconv.Atoi(number)
	if err != nil || status < 400 || http.StatusText(status) == "" || !codeWord.MatchString(word) {
		return Refusal{}, errors.New("is not STATUS:CODE; write e.g. 409:PAYMENT_IN_PROGRESS, 423:page, 402:text or none")
	}
	return Refusal{Status: status, Word: word}, nil
}

// error is the refusal as an endpoint returns it.
func (f Refusal) error(words string) *apiError {
	e := refuse(f.Word, "%s", words)
	e.status = f.Status
	if f.Word == pageHTML || f.Word == pageText {
		e.page = f.Word
	}
	return e
}

// writeProxyPage answers in the place of an API that was never reached, or that
// nobody can be sure of: no JSON, no code.
func writeProxyPage(w http.ResponseWriter, status int, form string) {
	title := fmt.Sprintf("%d %s", status, http.StatusText(status))
	kind, text := "text/plain", title+"\n"
	if form == pageHTML {
		kind = "text/html"
		text = "<html>\n<head><title>" + title + "</title></head>\n<body><center><h1>" + title + "</h1></center><hr><center>nginx</center></body>\n</html>\n"
	}
	w.Header().Set("Content-Type", kind)
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text)) // the client has gone: nobody to tell
}
