package arch_test

import (
	"go/ast"
	"path/filepath"
	"strings"
	"testing"
)

// faces are how many names a package exports at most (constants, variables, functions
// and types), and how many methods its Service has at most. A host reads go doc as the
// manual. A kind of event is a name, too. A commit that raises a number says why.
var faces = map[string]struct{ names, methods int }{
	"billing":          {70, 21},
	"envelope":         {153, 54},
	"envelope/webhook": {5, 0},
	"org":              {227, 50},
	"seal":             {77, 0},
	"seal/registry":    {42, 26},
}

func TestFaces(t *testing.T) {
	for pkg, face := range faces {
		p, err := declared(filepath.Join("..", "..", pkg))
		if err != nil {
			t.Fatal(err)
		}
		names, methods := 0, 0
		for name := range p.symbols {
			if method, ok := strings.CutPrefix(name, "Service."); ok && ast.IsExported(method) {
				methods++
			} else if !strings.Contains(name, ".") && ast.IsExported(name) {
				names++
			}
		}
		if names == 0 || names > face.names {
			t.Errorf("%s exports %d names, more than %d", pkg, names, face.names)
		}
		if methods > face.methods {
			t.Errorf("%s.Service has %d methods, more than %d", pkg, methods, face.methods)
		}
	}
}
