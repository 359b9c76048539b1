package main

import (
	"html/template"
	"net/http"
)

var page = template.Must(template.New("page").Parse(`<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<title>foxflow codec server</title>
<h1>The Web UI may show sealed payloads</h1>
<p>In this browser, as {{with .User}}{{.}}{{else}}somebody without a name{{end}}, until {{.Until}}: <a href="{{.Origin}}">{{.Origin}}</a></p>
<p>Who may: whoever signs in here with the codec server's token as password. Each look is on record.</p>
</html>
`))

// signIn asks a person for the token, gives the browser a session and says so.
func (s *server) signIn(w http.ResponseWriter, r *http.Request) {
	c, refused := s.gate.admit(r)
	if refused != nil {
		// Without credentials a browser only asks whether it must send some.
		if refused.why != noCredentials {
			s.record(r, entry{outcome: refused.why, status: refused.status()})
		}
		turnAway(w, refused, "sign in with any name and the codec server's token as password", `Basic realm="foxflow codec server", charset="UTF-8"`)
		return
	}
	if c.by != bySession {
		session, cookie := s.gate.sessions.begin(c.user)
		http.SetCookie(w, cookie)
		s.record(r, entry{caller: c, outcome: "signed in", status: http.StatusOK})
		c = session
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_ = page.Execute(w, map[string]string{"User": c.user, "Until": c.until.UTC().Format("2006-01-02 15:04 UTC"), "Origin": s.origin})
}
