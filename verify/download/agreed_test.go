package download_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/audit"
	"github.com/dajiaqian/dajiaqian/verify/download"
)

// TestAgreed: nobody signed without having agreed, and the consent says how they
// agreed.
func TestAgreed(t *testing.T) {
	type entry struct{ kind, body string }
	consent := func(party int, person, method string) entry {
		return entry{"consented", fmt.Sprintf(`{"party":%d,"person":%q,"method":%q,"binding":"ab","face":{"transaction":"f-1"}}`, party, person, method)}
	}
	signed := func(party int, person string) entry {
		return entry{"signed", fmt.Sprintf(`{"party":%d,"person":%q}`, party, person)}
	}
	for what, tt := range map[string]struct {
		trail []entry
		want  int // consents; -1 is refused
	}{
		"both":              {[]entry{consent(1, "a", "code"), consent(2, "b", "face"), signed(2, "b"), signed(1, "a")}, 2},
		"taken back":        {[]entry{consent(1, "a", "code"), {"released", `{"party":1}`}, consent(1, "a", "face"), signed(1, "a")}, 1},
		"agreed, no more":   {[]entry{consent(1, "a", "code")}, 0},
		"not agreed":        {[]entry{signed(1, "a")}, -1},
		"another party":     {[]entry{consent(2, "a", "code"), signed(1, "a")}, -1},
		"another person":    {[]entry{consent(1, "b", "code"), signed(1, "a")}, -1},
		"signed twice":      {[]entry{consent(1, "a", "code"), signed(1, "a"), signed(1, "a")}, -1},
		"lapsed":            {[]entry{consent(1, "a", "code"), {"released", `{"party":1}`}, signed(1, "a")}, -1},
		"nobody says how":   {[]entry{consent(1, "a", ""), signed(1, "a")}, -1},
		"an unreadable one": {[]entry{{"consented", `{`}}, -1},
	} {
		var r audit.Record
		for i, e := range tt.trail {
			r.Trail = append(r.Trail, audit.Entry{At: time.Unix(int64(i), 0), Kind: e.kind, Body: []byte(e.body)})
		}
		got, err := download.Agreed(r)
		var refused *download.Error
		switch {
		case tt.want < 0 && !errors.As(err, &refused), tt.want >= 0 && (err != nil || len(got) != tt.want):
			t.Errorf("%s: %+v, %v", what, got, err)
		}
		for _, c := range got {
			if c.Method == "" || c.Person == "" || c.Binding != "ab" || c.Face != "f-1" {
				t.Errorf("%s: %+v", what, c)
			}
		}
	}
}
