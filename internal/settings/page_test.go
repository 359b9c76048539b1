package settings

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"foxflow/internal/pages"
)

// docs/configuration.md has every variable of every program that reads the environment
// through this package. Each is said once, with all who read it.
func TestThePageHasEveryVariable(t *testing.T) {
	byProgram := []struct {
		name string
		variables
	}{
		{"worker", slices.Concat(variablesOf(reflect.TypeFor[Worker]()), temporal, network)},
		{"starter", slices.Concat(variablesOf(reflect.TypeFor[Starter]()), temporal, network)},
		{"codec server", variablesOf(reflect.TypeFor[CodecServer]())},
	}
	var all variables
	readers := map[string][]string{}
	for _, program := range byProgram {
		for _, v := range program.variables {
			if readers[v.Name] == nil {
				all = append(all, v)
			}
			readers[v.Name] = append(readers[v.Name], program.name)
		}
	}
	groups := []string{"FOXRELOAD", "FOXFLOW", "TEMPORAL", "HTTPS", "NO", "OTEL"}
	group := func(v variable) int {
		first, _, _ := strings.Cut(v.Name, "_")
		assert.Contains(t, groups, first)
		return slices.Index(groups, first)
	}
	slices.SortStableFunc(all, func(a, b variable) int { return group(a) - group(b) })
	var rows [][]string
	for _, v := range all {
		assert.NotEmpty(t, v.Example, v.Name)
		rows = append(rows, []string{pages.Code(v.Name), pages.Code(v.Default), v.About, pages.Code(v.Example), strings.Join(readers[v.Name], ", ")})
	}
	pages.Holds(t, "docs/configuration.md", "variables", pages.Table([]string{"Variable", "Default", "Meaning", "Example", "Read by"}, rows))
}
