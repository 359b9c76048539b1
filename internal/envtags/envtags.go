// Package envtags reads what the tags of a settings struct say of its variables: env (the
// name), envDefault, about (the meaning) and example. Help texts, messages and the page on
// configuration are made of it, so each is said once. It reads no variable, and knows no
// program.
package envtags

import (
	"fmt"
	"reflect"
	"strings"
)

// Variable is one environment variable.
type Variable struct {
	Field, Name, Default, Example, About string
}

// Of lists the variables that a settings struct is read from.
func Of(t reflect.Type) (all []Variable) {
	for i := range t.NumField() {
		f := t.Field(i)
		if !f.IsExported() {
			continue
		}
		name, tagged := f.Tag.Lookup("env")
		if !tagged {
			all = append(all, Of(f.Type)...)
			continue
		}
		all = append(all, Variable{Field: f.Name, Name: name, Default: f.Tag.Get("envDefault"),
			Example: f.Tag.Get("example"), About: f.Tag.Get("about")})
	}
	return all
}

// Text is the text for --help: each variable with its meaning and default, readable at 80
// columns.
func Text(all []Variable) string {
	var b strings.Builder
	for _, v := range all {
		fmt.Fprintf(&b, "  %s", v.Name)
		if v.Default != "" {
			fmt.Fprintf(&b, " (default %s)", v.Default)
		}
		line := "\n     "
		width := len("     ")
		for _, word := range strings.Fields(v.About) {
			if width+1+len([]rune(word)) > 78 {
				line += "\n     "
				width = len("     ")
			}
			line += " " + word
			width += 1 + len([]rune(word))
		}
		b.WriteString(line + "\n")
	}
	return b.String()
}
