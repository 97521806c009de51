package verify

import (
	"encoding/json"
	"math"
	"time"
)

// MarshalJSON returns the fields of the contract with other programs: verdict, reasons
// and one object per signature. Lists are never null; times are RFC 3339.
func (r *Report) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Verdict    string      `json:"verdict"`
		Reasons    []Reason    `json:"reasons"`
		Signatures []Signature `json:"signatures"`
		Mentions   []Mention   `json:"mentions"`
	}{r.Verdict.String(), list(r.Reasons), list(r.Signatures), list(r.Mentions)})
}

// MarshalJSON returns one mention of that contract.
func (m Mention) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Kind   string `json:"kind"`
		Offset int64  `json:"offset"`
	}{m.Kind.String(), m.Offset})
}

// MarshalJSON returns one signature of that contract.
func (s Signature) MarshalJSON() ([]byte, error) {
	at := ""
	if s.TimeSource != TimeNone {
		at = s.SigningTime.Format(time.RFC3339)
	}
	var rect [4]float64
	for i, v := range s.Rect {
		rect[i] = math.Round(v*100) / 100
	}
	return json.Marshal(struct {
		Field         string        `json:"field"`
		Kind          string        `json:"kind"`
		Indication    string        `json:"indication"`
		SubIndication SubIndication `json:"sub_indication"`
		Reasons       []Reason      `json:"reasons"`
		Intact        bool          `json:"intact"`
		Trusted       bool          `json:"trusted"`
		Coverage      string        `json:"coverage"`
		Changes       string        `json:"changes"`
		ChangeList    []string      `json:"change_list"`
		Signer        string        `json:"signer"`
		SignerID      string        `json:"signer_id"`
		Issuer        string        `json:"issuer"`
		SigningTime   string        `json:"signing_time"`
		TimeSource    string        `json:"time_source"`
		Page          int           `json:"page"`
		Rect          [4]float64    `json:"rect_mm"`
		Warnings      []Reason      `json:"warnings"`
		Algorithm     string        `json:"algorithm"`
		Digest        string        `json:"digest"`
		Level         string        `json:"level"`
		SubFilter     string        `json:"sub_filter"`
		DocMDP        int           `json:"docmdp"`
		Revision      int           `json:"revision"`
	}{s.Field, s.Kind.String(), s.Indication.String(), s.SubIndication, list(s.Reasons), s.Intact, s.Trusted,
		s.Coverage.String(), s.ChangeLevel.String(), list(s.listChanges(English)), s.Signer, s.SignerID, s.Issuer, at,
		s.TimeSource.String(), s.Page, rect, list(s.Warnings), s.Algorithm, s.Digest, s.Level,
		s.SubFilter, s.DocMDP, s.RevisionNumber})
}

// list makes a nil slice an empty one, which JSON shows as [].
func list[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}
