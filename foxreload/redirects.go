package foxreload

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
)

// slashes remembers the endpoints that this deployment wants with the other
// form of their trailing slash.
type slashes struct {
	mu      sync.Mutex
	flipped map[endpoint]bool
}

func (s *slashes) wants(e endpoint) (flipped bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.flipped[e]
}

func (s *slashes) remember(e endpoint, flipped bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.flipped == nil {
		s.flipped = map[endpoint]bool{}
	}
	s.flipped[e] = flipped
}

func flipSlash(path string) string {
	if bare, had := strings.CutSuffix(path, "/"); had {
		return bare
	}
	return path + "/"
}

// slashRedirect says whether an answer is a web framework's slash redirect:
// 307 or 308, and the place it names is what was asked but for one slash at the
// end of the path. Such an answer was given before anything was processed, so
// asking again there is safe, for a POST as well. Any other redirect is not.
func slashRedirect(asked *url.URL, status int, header http.Header) bool {
	if status != http.StatusTemporaryRedirect && status != http.StatusPermanentRedirect {
		return false
	}
	location := header.Get("Location")
	if location == "" {
		return false
	}
	there, err := asked.Parse(location)
	return err == nil && there.User == nil && there.Fragment == "" &&
		there.Scheme == asked.Scheme && hostPort(there) == hostPort(asked) &&
		there.EscapedPath() == flipSlash(asked.EscapedPath()) && sameQuery(there, asked)
}

func hostPort(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return strings.ToLower(u.Hostname()) + ":" + port
}

func sameQuery(a, b *url.URL) bool { return maps.EqualFunc(a.Query(), b.Query(), slices.Equal) }

// misdirected is a redirect that is not followed. It does not say where to: that
// may be anyone's address, with anything in it.
func (c call) misdirected(status int) *Error {
	e := c.failed(CodeRedirect, ClassMisdirected, "the answer points elsewhere and was not followed; is the base URL right?")
	e.Status = status
	return e
}
