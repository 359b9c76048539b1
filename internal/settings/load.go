package settings

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"
)

// Error is one variable that can't be used as it is.
type Error struct {
	Variable string
	Problem  string // reads on after the variable's name; never holds a secret
	Example  string // NAME=value
}

func (e *Error) Error() string {
	return fmt.Sprintf("%s %s (for example %s)", e.Variable, e.Problem, e.Example)
}

// Errors is everything that is wrong with the environment, one *Error a line.
type Errors []*Error

func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i, one := range e {
		lines[i] = one.Error()
	}
	return strings.Join(lines, "\n")
}

// wrong notes that a variable can't be used; only the first problem of each
// variable is kept.
type wrong func(variable, problem string)

// load fills target from environ and checks it. The error is Errors.
func load(environ []string, target any, check func(wrong)) error {
	environment := Map(environ)
	known := variablesOf(reflect.TypeOf(target).Elem())
	var errs Errors
	note := func(variable, problem string) {
		for _, e := range errs {
			if e.Variable == variable {
				return
			}
		}
		example := known.example(variable)
		if strings.EqualFold(variable, "HTTPS_PROXY") {
			example = proxyExample
		}
		errs = append(errs, &Error{Variable: variable, Problem: problem, Example: variable + "=" + example})
	}
	for _, v := range known {
		if value, set := environment[v.Name]; set && strings.TrimSpace(value) == "" {
			if !strings.HasPrefix(v.Name, "OTEL_") { // whose standard says that empty is unset
				note(v.Name, "is set but empty: give it a value, or unset it")
			}
			delete(environment, v.Name)
		}
	}
	for _, failure := range parse(target, environment) {
		v := known.byField(failure.Name)
		note(v.Name, parseProblem(failure, environment[v.Name]))
	}
	check(note)
	if len(errs) == 0 {
		return nil
	}
	return errs
}

func parse(target any, environment map[string]string) []env.ParseError {
	err := env.ParseWithOptions(target, env.Options{Environment: environment})
	var all env.AggregateError
	if err == nil || !errors.As(err, &all) {
		return nil
	}
	var failures []env.ParseError
	for _, one := range all.Errors {
		var failure env.ParseError
		if errors.As(one, &failure) {
			failures = append(failures, failure)
		}
	}
	return failures
}

// parseProblem says what a value should have been. Values of secrets never come
// here: they take any text.
func parseProblem(failure env.ParseError, value string) string {
	switch failure.Type {
	case reflect.TypeFor[time.Duration]():
		return fmt.Sprintf("is %q, which is not a duration: write a number and a unit (ms, s, m, h)", value)
	case reflect.TypeFor[int]():
		return fmt.Sprintf("is %q, which is not a whole number", value)
	case reflect.TypeFor[bool]():
		return fmt.Sprintf("is %q, which is neither true nor false", value)
	default:
		return failure.Err.Error()
	}
}

// complain is the Error for one variable of group, found after loading.
func complain(group any, variable, problem string) error {
	example := variablesOf(reflect.TypeOf(group)).example(variable)
	return Errors{{Variable: variable, Problem: problem, Example: variable + "=" + example}}
}

// Map is an environment ("NAME=value") by name; the last of a name counts.
func Map(environ []string) map[string]string {
	environment := make(map[string]string, len(environ))
	for _, line := range environ {
		if name, value, found := strings.Cut(line, "="); found {
			environment[name] = value
		}
	}
	return environment
}
