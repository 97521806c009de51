package envelope_test

import (
	"fmt"
	"testing"

	"github.com/dajiaqian/dajiaqian/envelope"
	"github.com/dajiaqian/dajiaqian/internal/test/enums"
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

// TestEnums: every number has its own name or none.
func TestEnums(t *testing.T) {
	enums.Check(t, append(envelope.InnerEnums(),
		enums.Of(envelope.Draft, envelope.InProgress, envelope.Completed, envelope.Withdrawn, envelope.Declined, envelope.Expired, envelope.Voided),
		enums.Of(envelope.ByCode, envelope.ByPassword, envelope.ByFace, envelope.ByCode|envelope.ByPassword, envelope.ByCode|envelope.ByFace,
			envelope.ByPassword|envelope.ByFace, envelope.ByCode|envelope.ByPassword|envelope.ByFace))...)
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
