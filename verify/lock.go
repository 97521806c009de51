package verify

import (
	"github.com/dajiaqian/dajiaqian/internal/change"
	"github.com/dajiaqian/dajiaqian/internal/pdf"
)

// readTransforms reads the signature reference dictionaries: DocMDP and FieldMDP.
func (v *verifier) readTransforms(c *candidate) {
	refs, err := v.f.Array(c.dict.Get("Reference"))
	if err != nil {
		c.fail(TotalFailed, FormatFailure, SigDocMDP)
		return
	}
	for _, o := range refs {
		ref, err := v.f.Dict(o)
		if err != nil || ref == nil {
			c.fail(TotalFailed, FormatFailure, SigDocMDP)
			return
		}
		params, err := v.f.Dict(ref.Get("TransformParams"))
		if err != nil {
			c.fail(TotalFailed, FormatFailure, SigDocMDP)
			return
		}
		switch ref.Get("TransformMethod") {
		case pdf.Name("DocMDP"):
			c.DocMDP = 2 // the default of table 257
			if p, ok := params.Get("P").(pdf.Integer); ok {
				c.DocMDP = int(p)
			}
			if c.DocMDP < 1 || c.DocMDP > 3 {
				c.DocMDP = 1
			}
		case pdf.Name("FieldMDP"):
			c.lock = change.ReadLock(v.f, params)
		}
	}
}
