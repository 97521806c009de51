package envelope_test

import (
	"fmt"
	"testing"

	"github.com/dajiaqian/dajiaqian/envelope"
	"github.com/dajiaqian/dajiaqian/internal/test/rows"
)

// TestRows: one row of every table is stored as testdata/rows shows. ROWS=write writes
// the files.
func TestRows(t *testing.T) {
	rows.Check(t, "testdata/rows", envelope.Tables())
}

// TestDetailRow: the detail beside an entry of the trail is stored as testdata/details
// shows, and so is the body of an entry.
func TestDetailRow(t *testing.T) {
	rows.Check(t, "testdata/details", envelope.DetailTables())
}

// The enums that hosts do not see have a word for every number, and each its own.
func TestInnerEnums(t *testing.T) {
	for name, of := range envelope.InnerEnums() {
		words := map[string]int{}
		for n := -1; n <= 99; n++ {
			word := of(n).String()
			if m, taken := words[word]; taken || word == "" {
				t.Errorf("%s(%d) is %q, as %d is", name, n, word, m)
			}
			words[word] = n
		}
	}
}

// TestStoredWords: the words that notices, webhooks and trails keep never change.
func TestStoredWords(t *testing.T) {
	for word, v := range map[string]fmt.Stringer{
		"draft": envelope.Draft, "in progress": envelope.InProgress, "completed": envelope.Completed, "withdrawn": envelope.Withdrawn,
		"declined": envelope.Declined, "expired": envelope.Expired, "voided": envelope.Voided,
		"code": envelope.ByCode, "face": envelope.ByFace, "password": envelope.ByPassword,
	} {
		if v.String() != word {
			t.Errorf("%q is stored as %q", v, word)
		}
	}
}
