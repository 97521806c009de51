package verify_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/dajiaqian/dajiaqian/signer"
	"github.com/dajiaqian/dajiaqian/signer/devca"
	"github.com/dajiaqian/dajiaqian/verify"
)

// TestA43Widgets (A43): the widget of a later signature is named where it covers what the
// page shows, or leaves the page; the grade stays that of a signature.
func TestA43Widgets(t *testing.T) {
	m := newMaterial(t, devca.P256)
	base := sign(t, ownPDF(), signer.Request{Credential: m.cheat, Level: signer.BB, Time: signingTime, NewField: &signer.Field{Name: "A"}})
	for _, c := range []struct {
		name, rect string
		want       []string
	}{
		{"on paper", "[300 100 400 200]", nil},
		{"over a line of text", "[60 676 120 690]", []string{"WIDGET_COVERS"}},
		{"over an annotation", "[250 690 290 705]", []string{"WIDGET_COVERS"}},
		{"over a filled field", "[80 505 100 515]", []string{"WIDGET_COVERS"}},
		{"off the page", "[550 100 700 200]", []string{"WIDGET_OFF_PAGE"}},
		{"over everything and more", "[-10 -10 700 900]", []string{"WIDGET_OFF_PAGE", "WIDGET_COVERS"}},
		{"without an area", "[60 676 60 676]", nil},
	} {
		objs := newField(t, base)
		objs[fieldNum] = strings.Replace(objs[fieldNum], "[0 0 0 0]", c.rect, 1)
		f := m.forge(t, base, objs, sigDict)
		rep := judge(t, f.with(f.value(t)), policy(m.ca))
		if said := strings.Contains(rep.Text(verify.Chinese), "后续签署: 第 "); said != (len(c.want) > 0) {
			t.Errorf("%s: the page says\n%s", c.name, rep.Text(verify.Chinese))
		}
		s := rep.Signatures[0]
		var got []string
		for _, ch := range s.Changes {
			if strings.HasPrefix(ch.Code, "WIDGET") {
				got = append(got, ch.Code)
			}
		}
		if !slices.Equal(got, c.want) || s.ChangeLevel != verify.ChangeSign || s.Indication != verify.TotalPassed {
			t.Errorf("%s: %v %v %v, want %v: %v", c.name, s.Indication, s.ChangeLevel, got, c.want, changesOf(s))
		}
	}
}
