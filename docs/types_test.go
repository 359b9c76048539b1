package docs_test

import (
	"go/ast"
	"testing"

	"github.com/stretchr/testify/assert"
)

// mostMethods is how many exported methods a type may have. One with more is several types in
// one: it gets parts, as ledger.Ledger and client.Client have.
const mostMethods = 15

// large are the types that have more, each with the reason.
var large = map[string]string{
	"dev/stage.Stack": "all that a story can do on its stage; a story reads better without parts",
}

// A type is small enough to be known by heart.
func TestNoTypeHasManyMethods(t *testing.T) {
	methods := map[string]int{} // by folder and type
	eachFile(t, "..", func(folder string, isTest bool, parsed *ast.File) {
		for _, declared := range parsed.Decls {
			if f, is := declared.(*ast.FuncDecl); is && !isTest && f.Recv != nil && f.Name.IsExported() {
				methods[folder+"."+receiver(f.Recv.List[0].Type)]++
			}
		}
	})
	assert.Positive(t, methods["client.Client"])
	for name, n := range methods {
		reason, excused := large[name]
		switch {
		case n > mostMethods && !excused:
			t.Errorf("%s has %d exported methods: give it parts, so that none has more than %d", name, n, mostMethods)
		case n <= mostMethods && excused:
			t.Errorf("%s has %d exported methods, and needs no excuse (%s)", name, n, reason)
		}
	}
}

// receiver is the name of the type that a method is of.
func receiver(of ast.Expr) string {
	switch of := of.(type) {
	case *ast.StarExpr:
		return receiver(of.X)
	case *ast.IndexExpr:
		return receiver(of.X)
	case *ast.IndexListExpr:
		return receiver(of.X)
	case *ast.Ident:
		return of.Name
	}
	return ""
}
