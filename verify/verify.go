package verify

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"io"

	"github.com/dajiaqian/dajiaqian/internal/cms"
	"github.com/dajiaqian/dajiaqian/internal/path"
	"github.com/dajiaqian/dajiaqian/internal/pdf"
)

// Verify checks every signature in a file of size bytes, at most 256 MiB. It returns an
// error only if the policy is incomplete, ctx ends, or reading fails: a bad file gets a
// verdict, not an error.
func Verify(ctx context.Context, r io.ReaderAt, size int64, policy Policy) (*Report, error) {
	if err := policy.check(); err != nil {
		return nil, err
	}
	if policy.MaxChange == 0 {
		policy.MaxChange = ChangeSign
	}
	v := &verifier{issues: map[[sha256.Size]byte]error{}, names: map[string]string{}, r: r, size: size, policy: policy, rep: &Report{Time: policy.Time}, memory: new(cms.Memory), lockNames: maxLockNames}
	if policy.Memory != nil {
		v.memory = policy.Memory
	}
	if err := v.run(ctx); err != nil {
		return nil, err
	}
	return v.rep, nil
}

// verifier carries one run of Verify.
type verifier struct {
	r      io.ReaderAt
	size   int64
	policy Policy
	rep    *Report

	f    *pdf.File
	revs []pdf.Revision
	sigs []*candidate

	certs    []*x509.Certificate        // of the DSS
	evidence path.Evidence              // of revocation: from the file, and from services
	stored   path.Evidence              // only from the file
	judge    *path.Judge                // of evidence; nil if there is more of it now
	asking   bool                       // services are asked
	dropped  bool                       // there was more evidence than is ever read
	seen     map[[sha256.Size]byte]bool // digests of the evidence
	stores   []int64                    // ends of the revisions that changed the DSS
	proofs   []proof
	issues   map[[sha256.Size]byte]error // which certificates were issued by which keys
	names    map[string]string           // cms.NameKey of each
	memory   *cms.Memory

	storeJudge *path.Judge // of stored
	lockNames  int         // that locks may still have
	unread     int         // objects around marks that could not be read
	around     struct {    // the object around the last mark
		at     int64
		object pdf.Object
	}
}

func (v *verifier) run(ctx context.Context) error {
	scanned := v.startScan(ctx)
	f, err := pdf.OpenPassword(v.r, v.size, pdf.DefaultLimits(), []byte(v.policy.Password))
	locked := err == nil && f.Locked() != nil
	if err == nil && !locked {
		v.f = f
		err = v.enumerate()
	}
	if err != nil || locked {
		marks, serr := scanned()
		switch {
		case serr != nil:
			return serr
		case locked:
			v.setLocked(f, marks)
			return nil
		}
		return v.setUnreadable(err, marks)
	}
	v.checkStructure()
	for _, c := range v.sigs {
		v.checkGeometry(c)
	}
	v.checkCrossing()
	covered := v.startCovered(ctx)
	err = errors.Join(v.hashRanges(ctx), covered())
	marks, serr := scanned()
	if err := errors.Join(err, serr); err != nil {
		return err
	}
	if err := v.mention(marks); err != nil {
		return err
	}
	for _, c := range v.sigs {
		v.judgeCMS(c)
	}
	if err := v.gradeChanges(ctx); err != nil {
		return err
	}
	if err := v.judgeTrust(ctx); err != nil {
		return err
	}
	for _, c := range v.sigs {
		c.conclude(v.policy)
		c.Signature.from = c
		v.rep.Signatures = append(v.rep.Signatures, c.Signature)
	}
	v.rep.decide()
	return nil
}

// setLocked sets the verdict for a file that its password does not open.
func (v *verifier) setLocked(f *pdf.File, marks []int64) {
	v.rep.Reasons = append(v.rep.Reasons, StructEncrypted)
	v.rep.Verdict = Unreadable
	if len(marks) > 0 && encryptedLater(f) {
		v.rep.Verdict = Invalid
	}
}

// encryptedLater reports whether an update changes the file's encryption (A30).
func encryptedLater(f *pdf.File) bool {
	for _, s := range f.Sections() {
		if same, err := pdf.Equal(nil, s.Trailer.Get("Encrypt"), nil, f.Trailer().Get("Encrypt")); err != nil || !same {
			return true
		}
	}
	return false
}

// setUnreadable sets the verdict for a file that does not parse (A31). If the file has something
// that looks like a signature it is invalid, never "not signed".
func (v *verifier) setUnreadable(err error, marks []int64) error {
	var bad *pdf.MalformedError
	var big *pdf.LimitError
	switch {
	case errors.As(err, &big):
		v.rep.Reasons = append(v.rep.Reasons, LimitExceeded)
	case errors.As(err, &bad) && bad.Code == pdf.CodeHeader:
		v.rep.Reasons = append(v.rep.Reasons, StructNotPDF)
	case errors.As(err, &bad):
		v.rep.Reasons = append(v.rep.Reasons, StructUnreadable)
	default:
		return err
	}
	v.rep.Verdict = Unreadable
	for _, m := range marks {
		v.rep.Mentions = append(v.rep.Mentions, Mention{Unreachable, m})
	}
	if len(marks) > 0 {
		v.rep.Reasons = append(v.rep.Reasons, SigUnreachable)
		v.rep.Verdict = Invalid
	}
	return nil
}

// firstCovered returns the end of the smallest range that a signature names, 0 if none does.
func (v *verifier) firstCovered() int64 {
	var first int64
	for _, c := range v.sigs {
		if _, _, end, ok := v.byteRange(c); ok && (first == 0 || end < first) {
			first = end
		}
	}
	return first
}

// checkStructure splits the file into revisions and checks what follows the last one.
func (v *verifier) checkStructure() {
	if len(v.sigs) == 0 {
		return
	}
	var err error
	if v.revs, err = v.f.Revisions(v.firstCovered()); err != nil {
		v.rep.Reasons = append(v.rep.Reasons, StructRevision)
		return
	}
	last := v.revs[len(v.revs)-1]
	for at := last.Min; at < v.size; at++ {
		var b [1]byte
		if at-last.Min > 4 {
			v.rep.Reasons = append(v.rep.Reasons, StructTrailingBytes)
			return
		}
		if n, _ := v.r.ReadAt(b[:], at); n == 0 || (b[0] != '\n' && b[0] != '\r') {
			v.rep.Reasons = append(v.rep.Reasons, StructTrailingBytes)
			return
		}
	}
	for _, s := range v.f.Sections() {
		if s.Hybrid == nil {
			continue
		}
		if s.Ambiguous() { // A18
			v.rep.Reasons = append(v.rep.Reasons, StructHybrid)
			return
		}
		for _, c := range v.sigs {
			c.warn(StructHybrid)
		}
		return
	}
}
