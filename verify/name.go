package verify

import (
	"crypto/x509/pkix"

	"github.com/dajiaqian/dajiaqian/internal/plain"
)

// nameOf returns what a certificate's subject is called: its common name, or else its
// organisation, unit or e-mail address.
func nameOf(n pkix.Name) string {
	if n.CommonName != "" {
		return plain.Text(n.CommonName)
	}
	for _, list := range [][]string{n.Organization, n.OrganizationalUnit} {
		if len(list) > 0 && list[0] != "" {
			return plain.Text(list[0])
		}
	}
	for _, a := range n.Names {
		if mail, ok := a.Value.(string); ok && a.Type.Equal([]int{1, 2, 840, 113549, 1, 9, 1}) {
			return plain.Text(mail)
		}
	}
	return ""
}
