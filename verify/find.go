package verify

import (
	"bytes"
	"cmp"
	"context"
	"crypto/x509"
	"errors"
	"io"
	"slices"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/change"
	"github.com/dajiaqian/dajiaqian/internal/cms"
	"github.com/dajiaqian/dajiaqian/internal/path"
	"github.com/dajiaqian/dajiaqian/internal/pdf"
)

// candidate is a signature on its way through the stages.
type candidate struct {
	Signature
	ref      pdf.Ref // of the signature dictionary; zero if it is direct
	field    pdf.Ref
	dict     *pdf.Dict
	b, c, d  int64 // /ByteRange [0 b c d]
	placed   bool  // the geometry is right
	visible  bool  // a widget of its field has an area
	places   []change.Place
	contents []byte
	sd       *cms.SignedData
	ts       *cms.Timestamp      // sd, of a document timestamp
	cert     *x509.Certificate   // the signer's
	bag      []*x509.Certificate // certificates that came with it
	hash     cms.Hash            // of the signed range
	prefix   []byte              // what that hash starts with
	bare     []byte              // signature value of adbe.x509.rsa_sha1

	certStrings [][]byte // its /Cert
	digest      []byte
	tsa         []*x509.Certificate // the path of its own timestamp
	locks       []*change.Lock      // what it locks
	permission  int                 // the strictest of what it permits later; 0 if it says nothing

	// For its Basis.
	claimed time.Time
	shown   []Place
	said    [4]string           // Reason, Location, ContactInfo and Name of the dictionary
	chain   []*x509.Certificate // its own path, to the anchor
	token   []byte              // its own timestamp, which verifies
	stamp   *cms.Timestamp
	proven  bool // by stamp
	claims  bool // its level and time are what it says of itself
	found   path.Result
}

// fail records why a signature does not pass. The first sub-indication stays.
func (c *candidate) fail(ind Indication, sub SubIndication, code Reason) {
	if len(c.Reasons) == 0 || ind < c.Indication {
		c.Indication, c.SubIndication = ind, sub
	}
	if !slices.Contains(c.Reasons, code) {
		c.Reasons = append(c.Reasons, code)
	}
}

func (c *candidate) warn(code Reason) {
	if !slices.Contains(c.Warnings, code) {
		c.Warnings = append(c.Warnings, code)
	}
}

// startScan begins to scan beside everything else: it reads the whole file once more. The
// function that it returns waits, and must be called.
func (v *verifier) startScan(ctx context.Context) (wait func() ([]int64, error)) {
	var marks []int64
	var err error
	done := make(chan struct{})
	go func() {
		defer close(done)
		marks, err = v.scan(ctx)
	}()
	return func() ([]int64, error) {
		<-done
		return marks, err
	}
}

// scan returns the offsets of everything in the file that looks like the /ByteRange of
// a signature, in any object or revision.
func (v *verifier) scan(ctx context.Context) ([]int64, error) {
	const limit = 1024
	pooled, _ := chunks.Get().(*[chunk]byte)
	defer chunks.Put(pooled)
	key := []byte("ByteRange")
	var out []int64
	buf := pooled[:0]
	var base int64
	r := io.NewSectionReader(v.r, 0, v.size)
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		n, err := io.ReadFull(r, buf[len(buf):chunk])
		buf = buf[:len(buf)+n]
		last := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		if err != nil && !last {
			return nil, err
		}
		for at := 0; ; {
			i := bytes.Index(buf[at:], key)
			if i < 0 {
				break
			}
			at += i + len(key)
			rest := bytes.TrimLeft(buf[at:], " \t\r\n\f\x00")
			mark := base + int64(at-len(key))
			seen := len(out) > 0 && out[len(out)-1] >= mark
			if len(rest) > 0 && rest[0] == '[' && !seen && len(out) < limit {
				out = append(out, mark)
			}
		}
		if last {
			return out, nil
		}
		// A mark that is cut by the end of the chunk is found again with the next
		// chunk.
		keep := min(64, len(buf))
		base += int64(len(buf) - keep)
		buf = buf[:copy(buf, buf[len(buf)-keep:])]
	}
}

// enumerate finds the signatures that the form reaches.
func (v *verifier) enumerate() error {
	form, err := v.f.Form()
	if err != nil {
		return err
	}
	const limit = 1024
	pages, err := v.widgetPages(form)
	if err != nil {
		return err
	}
	for _, fd := range form.Fields {
		value := fd.Dict.Get("V")
		if fd.Type != "Sig" || value == nil {
			continue
		}
		d, err := v.f.Dict(value)
		if err != nil && !pdf.IsFault(err) {
			return err
		}
		if d == nil && err == nil {
			continue
		}
		if len(v.sigs) == limit {
			return &pdf.LimitError{Resource: "SIGNATURES", Limit: limit}
		}
		c := &candidate{dict: d, field: fd.Ref}
		if err != nil { // it is listed all the same
			c.dict = &pdf.Dict{}
			c.fail(TotalFailed, FormatFailure, StructUnreadable)
		}
		c.Field = fd.Name
		c.ref, _ = value.(pdf.Ref)
		if err := v.place(c, fd, pages); err != nil {
			return err
		}
		v.sigs = append(v.sigs, c)
	}
	slices.SortStableFunc(v.sigs, func(a, b *candidate) int { return cmp.Compare(a.dict.Off, b.dict.Off) })
	return nil
}

// widgetPages maps widgets to their pages, for forms that have signatures.
func (v *verifier) widgetPages(form pdf.Form) (map[pdf.Ref][]*placed, error) {
	if !form.Signed() {
		return nil, nil
	}
	wanted := map[pdf.Ref]bool{}
	for _, fd := range form.Fields {
		if fd.Type == "Sig" && fd.Dict.Get("V") != nil {
			wanted[fd.Ref] = true
			for _, k := range fd.Kids {
				wanted[k] = true
			}
		}
	}
	out := map[pdf.Ref][]*placed{}
	var inner error
	places, seen := 0, 0
	err := v.f.Pages(func(i int, p pdf.Page) bool {
		var annots pdf.Array
		if annots, inner = v.f.Array(p.Dict.Get("Annots")); inner != nil {
			return false
		}
		if seen += len(annots); seen > maxAnnots {
			inner = &pdf.LimitError{Resource: "ANNOTATIONS", Limit: maxAnnots}
			return false
		}
		on := &placed{i + 1, p}
		for _, a := range annots {
			ref, ok := a.(pdf.Ref)
			if !ok || !wanted[ref] {
				continue
			}
			if places++; places > maxWidgets {
				inner = &pdf.LimitError{Resource: "WIDGETS", Limit: maxWidgets}
				return false
			}
			out[ref] = append(out[ref], on)
		}
		return true
	})
	return out, errors.Join(err, inner)
}

// Limits of what pages show: of all annotations, and of places of signatures.
const (
	maxAnnots  = 2_000_000
	maxWidgets = 100_000
)

type placed struct {
	number int
	page   pdf.Page
}

// place records every page and rectangle where a signature is shown. Its own Page and
// Rect are those of the first widget with an area, or else of the first widget.
func (v *verifier) place(c *candidate, fd pdf.Field, pages map[pdf.Ref][]*placed) error {
	for _, ref := range append([]pdf.Ref{fd.Ref}, fd.Kids...) {
		w, err := v.f.Dict(ref)
		if err != nil {
			return err
		}
		r, none, err := v.readArea(w.Get("Rect"))
		if err != nil {
			return err
		}
		c.visible = c.visible || !none
		for _, at := range pages[ref] {
			if len(c.places) == maxPlaces {
				return &pdf.LimitError{Resource: "WIDGETS", Limit: maxPlaces}
			}
			p := change.Place{Page: at.number}
			const mm, slack = 25.4 / 72, 1
			w, h := at.page.Size()
			if r.Width() > 0 && r.Height() > 0 {
				x, y, width, height := at.page.ToDisplay(r)
				p.Rect = [4]float64{x * mm, y * mm, width * mm, height * mm}
				p.Off = x < -slack || y < -slack || x+width > w+slack || y+height > h+slack
			}
			if c.Rect == [4]float64{} && (c.Page == 0 || !none) {
				c.Page, c.Rect = p.Page, p.Rect
			}
			c.places = append(c.places, p)
			c.shown = append(c.shown, Place{p.Page, p.Rect, [2]float64{w * mm, h * mm}})
		}
	}
	return nil
}

// maxPlaces is how many places one signature may be shown at.
const maxPlaces = 5000

// readArea reads a widget's rectangle. none reports whether every reader sees no area: it
// is absent, or has four numbers without an area.
func (v *verifier) readArea(o pdf.Object) (r pdf.Rect, none bool, err error) {
	a, err := v.f.Array(o)
	if err != nil || len(a) == 0 {
		return r, err == nil, err
	}
	var n [4]float64
	none = len(a) == 4
	for i := 0; none && i < 4; i++ {
		e, err := v.f.Resolve(a[i])
		if err != nil {
			return r, false, err
		}
		n[i], none = pdf.Number(e)
	}
	r, err = v.f.Rect(o)
	return r, none && (n[0] == n[2] || n[1] == n[3]), err
}

// checkGeometry applies stage S3 (A1, A2, A5, A7, A8, A15): the signed range must
// leave out exactly the /Contents token of this very dictionary, and nothing else.
func (v *verifier) checkGeometry(c *candidate) {
	text := func(key pdf.Name) string {
		n, _ := c.dict.Get(key).(pdf.Name)
		return string(n)
	}
	c.SubFilter = text("SubFilter")
	if c.dict.Get("Type") == pdf.Name("DocTimeStamp") || c.SubFilter == subTimestamp {
		c.Kind = KindTimestamp
	}
	v.readTransforms(c)
	v.keepCertStrings(c)
	v.keepSaid(c)
	for _, other := range v.sigs {
		if other != c && other.ref == c.ref && c.ref != (pdf.Ref{}) {
			c.fail(TotalFailed, FormatFailure, SigShared)
		}
	}
	if c.dict.Duplicate {
		c.fail(TotalFailed, FormatFailure, SigDuplicateKey)
		return
	}
	holder := c.ref
	if holder == (pdf.Ref{}) {
		holder = c.field
	}
	if e, ok := v.f.Lookup(holder.Num); !ok || e.Kind != pdf.EntryOffset {
		c.fail(TotalFailed, FormatFailure, SigCompressed)
		return
	}
	from, to, end, ok := v.byteRange(c)
	if !ok {
		c.fail(TotalFailed, FormatFailure, SigByteRange)
		return
	}
	c.b, c.c, c.d = from, to, end-to
	c.r, c.end = v.r, end
	c.Coverage = CoversPart
	e := c.dict.Entry("Contents")
	if e == nil || e.Off != c.b || e.Off+int64(len(e.Raw)) != c.c || !hexToken(e.Raw) {
		c.fail(TotalFailed, FormatFailure, SigContents)
		return
	}
	if c.dict.Off <= 0 || c.dict.End > c.end {
		c.fail(TotalFailed, FormatFailure, SigByteRange)
		return
	}
	s, _ := e.Value.(pdf.String)
	if c.contents, ok = oneTLV(s.Bytes, c.SubFilter == subX509); !ok {
		c.fail(TotalFailed, FormatFailure, SigContentsPadding)
		return
	}
	for i, r := range v.revs {
		if c.end == r.Min || c.end == r.End {
			c.RevisionNumber = i + 1
		}
	}
	if c.RevisionNumber == 0 {
		c.fail(TotalFailed, FormatFailure, SigCoverage)
		return
	}
	c.Coverage = CoversRevision
	if c.end == v.size {
		c.Coverage = CoversFile
	}
	c.placed = true
}

// byteRange reads the gap and the end of a signed range that has one gap and begins with
// the file; false if it is of another form.
func (v *verifier) byteRange(c *candidate) (from, to, end int64, ok bool) {
	br, _ := c.dict.Get("ByteRange").(pdf.Array)
	var n [4]int64
	ok = len(br) == 4
	for i := 0; ok && i < 4; i++ {
		var k pdf.Integer
		k, ok = br[i].(pdf.Integer)
		ok = ok && k >= 0 && int64(k) <= v.size
		n[i] = int64(k)
	}
	ok = ok && n[0] == 0 && n[1] != 0 && n[2] > n[1] && n[2]+n[3] <= v.size
	return n[1], n[2], n[2] + n[3], ok
}

// hexToken reports whether a token is <, an even number of digits, >.
func hexToken(raw []byte) bool {
	if len(raw) < 4 || len(raw)%2 != 0 || raw[0] != '<' || raw[len(raw)-1] != '>' {
		return false
	}
	for _, c := range raw[1 : len(raw)-1] {
		if !(c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F') {
			return false
		}
	}
	return true
}

// oneTLV returns the value at the start of b, a SEQUENCE in DER or BER or an OCTET STRING;
// the rest must be zero (A9).
func oneTLV(b []byte, octets bool) ([]byte, bool) {
	want := byte(0x30)
	if octets {
		want = 4
	}
	if len(b) < 2 || b[0] != want {
		return nil, false
	}
	n, ok := cms.SpanBER(b)
	if !ok { // what is wrong inside is found when it is parsed
		outer, ok := cms.Element(b)
		if !ok {
			return nil, false
		}
		n = len(outer)
	}
	for _, c := range b[n:] {
		if c != 0 {
			return nil, false
		}
	}
	return b[:n], true
}

// checkCrossing refuses ranges that do not nest (A7): of two signatures the later must cover all
// of the earlier.
func (v *verifier) checkCrossing() {
	for i, a := range v.sigs {
		for _, b := range v.sigs[:i] {
			if a.placed && b.placed && b.end > a.b {
				a.fail(TotalFailed, FormatFailure, SigCrossing)
				b.fail(TotalFailed, FormatFailure, SigCrossing)
			}
		}
	}
}
