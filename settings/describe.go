package settings

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

type variable struct {
	Field, Name, Default, Example, About string
}

type variables []variable

// variablesOf lists the variables that a settings struct is read from.
func variablesOf(t reflect.Type) variables {
	var all variables
	for i := range t.NumField() {
		f := t.Field(i)
		if !f.IsExported() {
			continue
		}
		name, tagged := f.Tag.Lookup("env")
		if !tagged {
			all = append(all, variablesOf(f.Type)...)
			continue
		}
		all = append(all, variable{Field: f.Name, Name: name, Default: f.Tag.Get("envDefault"),
			Example: f.Tag.Get("example"), About: f.Tag.Get("about")})
	}
	return all
}

func (vs variables) byField(field string) variable {
	for _, v := range vs {
		if v.Field == field {
			return v
		}
	}
	return variable{Name: field}
}

func (vs variables) example(name string) string {
	for _, v := range vs {
		if v.Name == name {
			return v.Example
		}
	}
	return "…"
}

// temporal is part of the environment of every program that talks to Temporal,
// but read by Temporal's own library: these are the ones most used.
var temporal = variables{
	{Name: "TEMPORAL_ADDRESS", Default: DefaultTemporalAddress, About: "Temporal's host:port"},
	{Name: "TEMPORAL_NAMESPACE", Default: "default", About: "Temporal namespace; one ledger goes with one namespace"},
	{Name: "TEMPORAL_API_KEY, TEMPORAL_TLS, TEMPORAL_TLS_…", About: "as the temporal command reads them; an API key or a certificate turns TLS on"},
	{Name: "TEMPORAL_CONFIG_FILE, TEMPORAL_PROFILE", About: "a file of profiles, and the one to use, as the temporal command reads them"},
}

// Describe is the text for --help: every variable of a settings struct, and
// Temporal's, with its meaning and default, readable at 80 columns.
func Describe(settings any) string {
	return slices.Concat(variablesOf(reflect.TypeOf(settings)), temporal, network).describe()
}

// DescribeOwn is Describe for a program that does not talk to Temporal.
func DescribeOwn(settings any) string {
	return variablesOf(reflect.TypeOf(settings)).describe()
}

func (vs variables) describe() string {
	var b strings.Builder
	for _, v := range vs {
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
