package verify_test

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/test/corpus"
	"github.com/dajiaqian/dajiaqian/signer"
	"github.com/dajiaqian/dajiaqian/signer/devca"
	"github.com/dajiaqian/dajiaqian/verify"
)

// TestA34SecondRound judges the files of the second round of attacks, A34 to A46, and the
// files of honest producers that the first round refused. The verdicts are by hand.
func TestA34SecondRound(t *testing.T) {
	dir := corpus.Folder(t, "judge2")
	pem, err := os.ReadFile(filepath.Join(dir, "roots.pem"))
	if err != nil {
		t.Fatal(err)
	}
	roots, err := verify.ParseRoots(pem)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]struct {
		verdict verify.Verdict
		code    string // a reason, a warning, a change or a mention
	}{
		"false-accept/pd_startxref_comment.pdf":                   {verify.Invalid, "TWO_READINGS"},
		"false-accept/pd_subsection_tab.pdf":                      {verify.Invalid, "TWO_READINGS"},
		"false-accept/pd_index_odd.pdf":                           {verify.Invalid, "TWO_READINGS"},
		"false-accept/pd_w_wide.pdf":                              {verify.Invalid, "TWO_READINGS"},
		"false-accept/pd_objstm_first_twice.pdf":                  {verify.Invalid, "TWO_READINGS"},
		"false-accept/pd_objstm_F.pdf":                            {verify.Invalid, "TWO_READINGS"},
		"false-accept/prep_linearization_flip.pdf":                {verify.Invalid, "LINEARIZED"},
		"false-accept/prep_linearization_signed_before.pdf":       {verify.Valid, "STRUCT_AMBIGUOUS"},
		"false-accept/signed_revision_masked_by_its_own_xref.pdf": {verify.Valid, "STRUCT_AMBIGUOUS"},
		"false-accept/lockP1_then_signed.pdf":                     {verify.Invalid, "SIG_DOCMDP"},
		"false-accept/docmdp_P1_indirect_then_signed.pdf":         {verify.Invalid, "SIG_DOCMDP"},
		"false-accept/page_tabs_under_P1.pdf":                     {verify.Invalid, "SIG_DOCMDP"},
		"false-accept/lock_indirect_names_then_filled_signed.pdf": {verify.Invalid, "SIG_FIELD_LOCK"},
		"false-accept/sig_widget_js.pdf":                          {verify.Invalid, "ACTION_ADDED"},
		"false-accept/sig_filled_by_lock.pdf":                     {verify.Invalid, "FIELD_REPLACED"},
		"honest-refused/ber_indefinite.pdf":                       {verify.Valid, "CMS_NOT_CANONICAL"},
		"honest-refused/attrs_unsorted.pdf":                       {verify.Valid, "CMS_NOT_CANONICAL"},
		"honest-refused/ski_sid_v3.pdf":                           {verify.Valid, ""},
		"honest-refused/signer_cert_twice.pdf":                    {verify.Valid, ""},
		"honest-refused/pss_salt20.pdf":                           {verify.Valid, ""},
		"honest-refused/ecdsa_null_params.pdf":                    {verify.Valid, ""},
		"honest-refused/rsa_1024.pdf":                             {verify.Indeterminate, "CMS_ALGORITHM"},
		"honest-refused/ur3_alone.pdf":                            {verify.Unsigned, "usage_rights"},
		"honest-refused/attachment_is_a_signed_pdf.pdf":           {verify.Valid, "embedded"},
		"honest-refused/same_number_other_spelling.pdf":           {verify.Valid, ""},
		"honest-refused/vri_entry_grows.pdf":                      {verify.Valid, "DSS_CHANGED"},
		"honest-refused/xref_stream_not_listing_itself.pdf":       {verify.Valid, ""},
		"honest-refused/startxref_on_white_space.pdf":             {verify.Valid, ""},
		"honest-refused/id_first_part_changed.pdf":                {verify.Valid, "ID_CHANGED"},
		"other/base_s1.pdf":                                       {verify.Valid, ""},
		"other/base_c1.pdf":                                       {verify.Valid, ""},
		"other/cn_nl.pdf":                                         {verify.Indeterminate, "NO_CERTIFICATE_CHAIN_FOUND"},
		"dos/dos_stream_150000.pdf":                               {verify.Valid, "ORPHAN_REMOVED"},
	} {
		b, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
		if err != nil {
			t.Fatal(err)
		}
		before := cpuTime(t)
		rep, err := verify.Verify(t.Context(), bytes.NewReader(b), int64(len(b)), verify.Policy{Roots: roots, Time: time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC), Revocation: verify.UnsafeAllowUnknown})
		if err != nil {
			t.Fatal(err)
		}
		if took := cpuTime(t) - before; tooLong(took) {
			t.Errorf("%s took %v", name, took)
		}
		if rep.Verdict != want.verdict || want.code != "" && !slices.Contains(codesOf(rep), want.code) {
			t.Errorf("%s: %v %v, want %v %s", name, rep.Verdict, codesOf(rep), want.verdict, want.code)
		}
		if text := rep.Text(verify.Chinese); strings.Count(text, "\n签章结果: ") != len(rep.Signatures) {
			t.Errorf("A45: %s: a name wrote a line of the report:\n%s", name, text)
		}
	}
}

// codesOf returns everything that a report says in codes.
func codesOf(rep *verify.Report) (out []string) {
	for _, r := range rep.Reasons {
		out = append(out, string(r))
	}
	for _, m := range rep.Mentions {
		out = append(out, m.Kind.String())
	}
	for _, s := range rep.Signatures {
		for _, r := range slices.Concat(s.Reasons, s.Warnings) {
			out = append(out, string(r))
		}
		for _, c := range s.Changes {
			out = append(out, c.Code)
		}
	}
	return out
}

// atEnd is a reader that says io.EOF with the last bytes, as it may.
type atEnd struct{ *bytes.Reader }

func (r atEnd) ReadAt(p []byte, off int64) (int, error) {
	n, err := r.Reader.ReadAt(p, off)
	if err == nil && off+int64(n) == r.Size() {
		err = io.EOF
	}
	return n, err
}

// A reader may say io.EOF with a whole read.
func TestEOFWithTheLastBytes(t *testing.T) {
	ca := newCA(t, devca.P256)
	b := sign(t, ownPDF(), signer.Request{Credential: issue(t, ca), Level: signer.BB, Time: signingTime, NewField: &signer.Field{Name: "S"}})
	rep, err := verify.Verify(t.Context(), atEnd{bytes.NewReader(b)}, int64(len(b)), policy(ca))
	if err != nil || !rep.Valid() {
		t.Errorf("%v, %+v", err, rep)
	}
}
