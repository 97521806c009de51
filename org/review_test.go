package org_test

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/test/orgtest"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/org/letter"
	"github.com/dajiaqian/dajiaqian/org/secret"
	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/memory"
)

// pictureN returns a small picture that is different for every n.
func pictureN(n int) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, 8, 8))
	for i := range m.Pix {
		m.Pix[i] = byte(i*31 + n*17)
	}
	return m
}

func pngN(n int) []byte {
	var b bytes.Buffer
	_ = png.Encode(&b, pictureN(n))
	return b.Bytes()
}

func jpegN(n int) []byte {
	var b bytes.Buffer
	_ = jpeg.Encode(&b, pictureN(n), nil)
	return b.Bytes()
}

func reviewForm() org.ReviewForm {
	return org.ReviewForm{CreditCode: strings.ToLower(creditCode), Legal: "法人", Agreement: "2026-02"}
}

func (w *world) upload(t *testing.T, actor org.Actor, p org.Paper, content []byte) {
	t.Helper()
	orgtest.Must(t, w.Upload(t.Context(), actor, p, "扫描件.png", bytes.NewReader(content)))
}

// submitted makes a review with all papers, and submits it.
func (w *world) submitted(t *testing.T, actor org.Actor) org.Review {
	t.Helper()
	_, err := w.StartReview(t.Context(), actor, reviewForm())
	orgtest.Must(t, err)
	for _, p := range org.Papers() {
		w.upload(t, actor, p, pngN(int(p)))
	}
	r, err := w.SubmitReview(t.Context(), actor)
	orgtest.Must(t, err)
	return r
}

// reviewer is the n-th person, on the staff.
func (w *world) reviewer(t *testing.T, n int) org.Actor {
	t.Helper()
	p := w.verified(t, n)
	w.hire(p.ID)
	return org.Actor{Person: p.ID}
}

func TestM20Review(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		actor := w.startup(t)
		r, err := w.StartReview(t.Context(), actor, reviewForm())
		orgtest.Must(t, err)
		if r.Handler != "张1" || r.Region != "中国大陆" || r.IDKind.Zh() != "居民身份证" || r.CreditCode != creditCode || r.State != org.ReviewDraft || len(r.Papers) != 0 { // M21
			t.Errorf("started as %+v", r)
		}
		if c, _ := w.Company(t.Context(), actor); c.State != org.CompanyUnverified {
			t.Errorf("company is %v before anything was handed in", c.State)
		}
		for i, p := range org.Papers() {
			_, err := w.SubmitReview(t.Context(), actor)
			var missing *org.MissingError
			if !errors.As(err, &missing) || missing.Paper != p || !strings.Contains(missing.Zh(), p.Zh()) {
				t.Errorf("without %v: %v", p.Zh(), err)
			}
			content := pngN(i)
			if i%2 == 1 {
				content = jpegN(i)
			}
			w.upload(t, actor, p, content)
		}
		r, err = w.SubmitReview(t.Context(), actor) // M26
		if err != nil || r.State != org.ReviewWaiting || r.Phone != "138****01" || len(r.Papers) != 7 || !r.SubmittedAt.Equal(w.Now()) {
			t.Errorf("submitted as %+v, %v", r, err)
		}
		if c, _ := w.Company(t.Context(), actor); c.State != org.CompanyInReview || c.Verified {
			t.Errorf("company is %+v", c)
		}
		orgtest.WantDenied(t, w.may(t, actor, org.ActionSealCreate), org.DenyCompanyUnverified)
		_, err = w.SubmitReview(t.Context(), actor)
		orgtest.Want(t, err, org.ErrInReview)
		_, err = w.StartReview(t.Context(), actor, reviewForm())
		orgtest.Want(t, err, org.ErrInReview)
		_, err = w.StartRemittance(t.Context(), actor, remittanceForm())
		orgtest.Want(t, err, org.ErrInReview)
		orgtest.Want(t, w.Upload(t.Context(), actor, org.PaperLicence, "a.png", bytes.NewReader(pngN(9))), org.ErrInReview)

		desk := w.reviewer(t, 2)
		queue, _, err := w.ReviewDesk().List(t.Context(), desk, org.ReviewWaiting, "")
		if err != nil || len(queue) != 1 || queue[0].ID != r.ID || queue[0].Name != companyName {
			t.Fatalf("queue %+v, %v", queue, err)
		}
		var read bytes.Buffer
		orgtest.Must(t, w.ReviewDesk().Read(t.Context(), desk, r.ID, org.PaperLicence, &read))
		if !bytes.Equal(read.Bytes(), pngN(0)) {
			t.Error("the paper reads otherwise")
		}
		done, err := w.ReviewDesk().Decide(t.Context(), desk, r.ID, true, "") // M27
		if err != nil || done.State != org.ReviewApproved || !done.DecidedAt.Equal(w.Now()) {
			t.Errorf("decided as %+v, %v", done, err)
		}
		if c, _ := w.Company(t.Context(), actor); !c.Verified || c.Method != org.MethodReview {
			t.Errorf("company is %+v", c)
		}
		w.step(t)
		if got := w.lastTo(t, orgtest.Phone(1)); got != "【大家签】您好, "+companyName+"的企业认证已审核通过。" {
			t.Errorf("the result is told as %q", got)
		}
		if again, err := w.ReviewDesk().Decide(t.Context(), desk, r.ID, true, ""); err != nil || again.State != org.ReviewApproved {
			t.Errorf("again: %+v, %v", again, err)
		}
		_, err = w.ReviewDesk().Decide(t.Context(), desk, r.ID, false, "理由")
		orgtest.Want(t, err, org.ErrNoReview)
		if got, err := w.ReviewStatus(t.Context(), actor); err != nil || got.State != org.ReviewApproved {
			t.Errorf("status %+v, %v", got, err)
		}
	})
}

func TestM27Refused(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		actor := w.startup(t)
		desk := w.reviewer(t, 2)
		r := w.submitted(t, actor)
		for _, bad := range []string{"", strings.Repeat("因", 101), "a\nb"} {
			_, err := w.ReviewDesk().Decide(t.Context(), desk, r.ID, false, bad)
			if fieldReason(t, err) == "" {
				t.Errorf("the reason %q was taken", bad)
			}
		}
		got, err := w.ReviewDesk().Decide(t.Context(), desk, r.ID, false, "营业执照不清晰")
		if err != nil || got.State != org.ReviewRefused || got.Reason != "营业执照不清晰" {
			t.Errorf("refused as %+v, %v", got, err)
		}
		if c, _ := w.Company(t.Context(), actor); c.State != org.CompanyUnverified {
			t.Errorf("company is %v", c.State)
		}
		w.step(t)
		if got := w.lastTo(t, orgtest.Phone(1)); got != "【大家签】您好, "+companyName+"的企业认证未通过审核, 原因: 营业执照不清晰。" {
			t.Errorf("the result is told as %q", got)
		}
		if got, err := w.ReviewStatus(t.Context(), actor); err != nil || got.Reason != "营业执照不清晰" {
			t.Errorf("status %+v, %v", got, err)
		}
		orgtest.Want(t, w.Upload(t.Context(), actor, org.PaperLicence, "a.png", bytes.NewReader(pngN(9))), org.ErrNoReview)
		second := w.submitted(t, actor) // and may be tried again
		if second.ID == r.ID {
			t.Error("the review is the old one")
		}
		_, err = w.ReviewDesk().Decide(t.Context(), desk, second.ID, true, "")
		orgtest.Must(t, err)
	})
}

func TestM22PapersAreJudgedByContent(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		actor := w.startup(t)
		orgtest.Want(t, w.Upload(t.Context(), actor, org.PaperLicence, "a.png", bytes.NewReader(pngN(1))), org.ErrNoReview)
		_, err := w.StartReview(t.Context(), actor, reviewForm())
		orgtest.Must(t, err)
		var gifFile bytes.Buffer
		orgtest.Must(t, gif.Encode(&gifFile, pictureN(1), nil))
		var wide bytes.Buffer // 100 MP in a few KB
		orgtest.Must(t, png.Encode(&wide, image.NewPaletted(image.Rect(0, 0, 10_000, 10_000), color.Palette{color.White, color.Black})))
		pad := func(b []byte, n int64) []byte { return append(bytes.Clone(b), make([]byte, n-int64(len(b)))...) }
		whole := pngN(1)
		for name, c := range map[string]struct {
			paper   org.Paper
			name    string
			content []byte
			fault   org.PaperFault // 0 for none
		}{
			"PNG":                           {org.PaperLicence, "执照.png", whole, 0},
			"JPEG":                          {org.PaperLicence, "执照.jpg", jpegN(1), 0},
			"a PNG called PDF":              {org.PaperLicence, "执照.pdf", whole, 0}, // the content decides
			"a JPEG without an ending":      {org.PaperLicence, "执照", jpegN(1), 0},
			"a PDF called PNG":              {org.PaperLicence, "执照.png", []byte("%PDF-1.7\n"), org.PaperFormat},
			"a GIF called PNG":              {org.PaperLicence, "执照.png", gifFile.Bytes(), org.PaperFormat}, // this test registers GIF
			"empty":                         {org.PaperLicence, "执照.png", nil, org.PaperFormat},
			"cut PNG":                       {org.PaperLicence, "执照.png", whole[:len(whole)-20], org.PaperDamaged},
			"cut JPEG":                      {org.PaperLicence, "执照.jpg", jpegN(1)[:len(jpegN(1))/2], org.PaperDamaged},
			"100 megapixels":                {org.PaperLicence, "执照.png", wide.Bytes(), org.PaperDimensions},
			"licence of 5 MiB":              {org.PaperLicence, "a.png", pad(whole, 5<<20), 0},
			"licence over 5 MiB":            {org.PaperLicence, "a.png", pad(whole, 5<<20+1), org.PaperTooLarge},
			"authority of 5 MiB (M25)":      {org.PaperAuthority, "a.png", pad(whole, 5<<20), 0},
			"authority over 5 MiB (M25)":    {org.PaperAuthority, "a.png", pad(whole, 5<<20+1), org.PaperTooLarge},
			"card of 10 MiB (M23)":          {org.PaperLegalFront, "a.png", pad(whole, 10<<20), 0},
			"card over 10 MiB (M23)":        {org.PaperHandlerBack, "a.png", pad(whole, 10<<20+1), org.PaperTooLarge},
			"holding over 10 MiB (M24)":     {org.PaperHolding, "a.png", pad(whole, 10<<20+1), org.PaperTooLarge},
			"a name of 100 characters":      {org.PaperHolding, strings.Repeat("名", 96) + ".png", whole, 0},
			"a name of 101 characters":      {org.PaperHolding, strings.Repeat("名", 97) + ".png", whole, org.PaperName},
			"no name":                       {org.PaperHolding, "", whole, org.PaperName},
			"a name with a line feed":       {org.PaperHolding, "a\nb.png", whole, org.PaperName},
			"a paper that does not exist":   {8, "a.png", whole, org.PaperUnknown},
			"the zero paper does not exist": {0, "a.png", whole, org.PaperUnknown},
		} {
			err := w.Upload(t.Context(), actor, c.paper, c.name, bytes.NewReader(c.content))
			var p *org.PaperError
			if (c.fault == 0) != (err == nil) || err != nil && (!errors.As(err, &p) || p.Fault != c.fault || p.Zh() == "") {
				t.Errorf("%s: %v", name, err)
			}
		}
		broken := errors.New("the connection is gone")
		if err := w.Upload(t.Context(), actor, org.PaperLicence, "a.png", io.MultiReader(bytes.NewReader(whole), failing{broken})); !errors.Is(err, broken) {
			t.Errorf("error is %v", err)
		}
	})
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func TestT23OnePictureForTwoPapers(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		actor := w.startup(t)
		_, err := w.StartReview(t.Context(), actor, reviewForm())
		orgtest.Must(t, err)
		for _, p := range org.Papers() {
			w.upload(t, actor, p, pngN(1))
		}
		_, err = w.SubmitReview(t.Context(), actor)
		orgtest.Want(t, err, org.ErrSamePaper)
		for i, p := range org.Papers() { // sent again, each replaces the one before
			w.upload(t, actor, p, pngN(10+i))
		}
		_, err = w.SubmitReview(t.Context(), actor)
		orgtest.Must(t, err)
	})
}

func TestT23ReviewerIsNeverTheApplicant(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		actor := w.startup(t)
		r := w.submitted(t, actor)
		w.hire(actor.Person)
		me := org.Actor{Person: actor.Person}
		_, err := w.ReviewDesk().Decide(t.Context(), me, r.ID, true, "")
		orgtest.Want(t, err, org.ErrOwnReview)
		_, err = w.ReviewDesk().Decide(t.Context(), me, r.ID, false, "理由")
		orgtest.Want(t, err, org.ErrOwnReview)
		orgtest.Want(t, w.ReviewDesk().Read(t.Context(), me, r.ID, org.PaperLicence, io.Discard), org.ErrOwnReview)

		clerk := w.verified(t, 2) // not on the staff: the desk does not exist for them
		_, err = w.ReviewDesk().Decide(t.Context(), org.Actor{Person: clerk.ID}, r.ID, true, "")
		orgtest.Want(t, err, org.ErrNotFound)
		_, _, err = w.ReviewDesk().List(t.Context(), org.Actor{Person: clerk.ID}, org.ReviewWaiting, "")
		orgtest.Want(t, err, org.ErrNotFound)
		orgtest.Want(t, w.ReviewDesk().Read(t.Context(), org.Actor{Person: clerk.ID}, r.ID, org.PaperLicence, io.Discard), org.ErrNotFound)
		young := w.register(t, 3) // on the staff, but not a verified person
		w.hire(young.ID)
		_, err = w.ReviewDesk().Decide(t.Context(), org.Actor{Person: young.ID}, r.ID, true, "")
		orgtest.Want(t, err, org.ErrNotFound)

		desk := w.reviewer(t, 4)
		_, err = w.ReviewDesk().Decide(t.Context(), desk, "no such review", true, "")
		orgtest.Want(t, err, org.ErrNotFound)
		orgtest.Want(t, w.ReviewDesk().Read(t.Context(), desk, r.ID, 99, io.Discard), org.ErrNotFound)
		w.staffErr = errors.New("the staff list of 13812345678 is away")
		_, err = w.ReviewDesk().Decide(t.Context(), desk, r.ID, true, "")
		var port *org.PortError
		if !errors.As(err, &port) || strings.Contains(err.Error(), "13812345678") {
			t.Errorf("error is %v", err)
		}
		w.staffErr = nil
		_, err = w.ReviewDesk().Decide(t.Context(), desk, r.ID, true, "")
		orgtest.Must(t, err)
	})
}

// A reviewer who is or was a member of the company in any state does not review it.
func TestT23ReviewerIsNoMember(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		actor := w.startup(t)
		r := w.submitted(t, actor)
		for i, state := range []org.MemberState{org.Applied, org.Active, org.Disabled, org.Rejected} {
			desk := w.reviewer(t, 2+i)
			orgtest.Must(t, org.PutMember(t.Context(), w.db, string(actor.Org), string(desk.Person), state))
			_, err := w.ReviewDesk().Decide(t.Context(), desk, r.ID, true, "")
			orgtest.Want(t, err, org.ErrOwnReview)
			orgtest.Want(t, w.ReviewDesk().Read(t.Context(), desk, r.ID, org.PaperLicence, io.Discard), org.ErrOwnReview)
		}
		_, err := w.ReviewDesk().Decide(t.Context(), w.reviewer(t, 9), r.ID, true, "")
		orgtest.Must(t, err)
	})
}

func TestM20ReviewRefusesTheForm(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		actor := w.startup(t)
		start := func(f org.ReviewForm) error { _, err := w.StartReview(t.Context(), actor, f); return err }
		for _, f := range []org.ReviewForm{{CreditCode: creditCode, Agreement: "2026-02"}, {CreditCode: "91", Legal: "法人", Agreement: "2026-02"},
			{CreditCode: "91110000600037341L", Legal: "法人", Agreement: "2026-02"}} { // another company's code
			if fieldReason(t, start(f)) == "" {
				t.Errorf("%+v was taken", f)
			}
		}
		orgtest.Want(t, start(org.ReviewForm{CreditCode: creditCode, Legal: "法人"}), org.ErrAgreement)
		_, err := w.SubmitReview(t.Context(), actor)
		orgtest.Want(t, err, org.ErrNoReview)
		_, err = w.ReviewStatus(t.Context(), actor)
		orgtest.Want(t, err, org.ErrNoReview)
		cfg := w.config(w.db)
		cfg.Reviewers = nil
		off, err := org.New(cfg)
		orgtest.Must(t, err)
		_, err = off.StartReview(t.Context(), actor, reviewForm())
		orgtest.Want(t, err, org.ErrMethodOff)
		_, err = off.SubmitReview(t.Context(), actor)
		orgtest.Want(t, err, org.ErrMethodOff)
		orgtest.Want(t, off.Upload(t.Context(), actor, org.PaperLicence, "a.png", bytes.NewReader(nil)), org.ErrMethodOff)
		_, _, err = off.ReviewDesk().List(t.Context(), actor, org.ReviewWaiting, "")
		orgtest.Want(t, err, org.ErrNotFound)
	})
}

// One working day, not 24 hours, although the manual says both: M26.
func TestM26OneWorkingDay(t *testing.T) {
	w := newWorld(t, memory.New())
	boss, desk := w.startup(t), w.reviewer(t, 2)
	cst := time.FixedZone("CST", 8*3600)
	holiday := time.Date(2026, 3, 12, 0, 0, 0, 0, cst) // a Thursday
	cfg := w.config(w.db)
	cfg.Holiday = func(day time.Time) bool {
		return day.Weekday() == time.Saturday || day.Weekday() == time.Sunday || day.Format(time.DateOnly) == holiday.Format(time.DateOnly)
	}
	var err error
	w.Service, err = org.New(cfg)
	orgtest.Must(t, err)
	at := func(day, hour int) time.Time { return time.Date(2026, 3, day, hour, 0, 0, 0, cst) }
	for _, c := range []struct{ submitted, due time.Time }{
		{at(3, 15), at(4, 15)},   // Tuesday
		{at(6, 15), at(9, 15)},   // Friday
		{at(7, 1), at(10, 0)},    // Saturday: Monday is the whole day
		{at(8, 23), at(10, 0)},   // Sunday
		{at(9, 0), at(10, 0)},    // Monday, midnight in Beijing, Sunday in UTC
		{at(11, 15), at(13, 15)}, // Wednesday, before a holiday
		{at(12, 9), at(14, 0)},   // on the holiday
		{at(13, 9), at(16, 9)},   // Friday
	} {
		w.Set(c.submitted)
		r := w.submitted(t, boss)
		if !r.Due.Equal(c.due) {
			t.Errorf("submitted %v: due %v, want %v", c.submitted, r.Due.In(cst), c.due)
		}
		if r.Overdue(c.due) || !r.Overdue(c.due.Add(time.Second)) {
			t.Error("overdue at the wrong moment")
		}
		_, err := w.ReviewDesk().Decide(t.Context(), desk, r.ID, false, "理由")
		orgtest.Must(t, err)
	}
}

func TestM25AuthorityLetter(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		actor := w.startup(t)
		one, err := letter.Authority(t.Context(), w.Service, actor)
		orgtest.Must(t, err)
		w.Pass(time.Minute)
		two, err := letter.Authority(t.Context(), w.Service, actor)
		orgtest.Must(t, err)
		if !bytes.HasPrefix(one, []byte("%PDF-")) || len(one) < 5_000 || !bytes.Equal(one, two) {
			t.Errorf("a letter of %d bytes, then %d", len(one), len(two))
		}
		if bytes.Contains(one, []byte(orgtest.IDNumber(1))) {
			t.Error("the letter shows the identity number")
		}
		_, err = letter.Authority(t.Context(), w.Service, org.Actor{Person: actor.Person})
		orgtest.WantDenied(t, err, org.DenyPersonal)
		_, err = letter.Authority(t.Context(), w.Service, org.Actor{Person: w.verified(t, 2).ID, Org: actor.Org})
		orgtest.Want(t, err, org.ErrNotFound)
	})
}

// Papers are stored encrypted, and one moved to another's place does not decrypt: T11,
// T23.
func TestT11PapersAreEncrypted(t *testing.T) {
	w := newWorld(t, memory.New())
	actor, desk := w.startup(t), w.reviewer(t, 2)
	r := w.submitted(t, actor)
	n := 0
	for info, err := range w.blobs.List(t.Context()) {
		orgtest.Must(t, err)
		n++
		b, err := w.blobs.Open(t.Context(), info.Digest)
		orgtest.Must(t, err)
		content, err := io.ReadAll(io.NewSectionReader(b, 0, b.Size()))
		orgtest.Must(t, err)
		if bytes.Contains(content, []byte("PNG")) {
			t.Error("a picture rests in clear")
		}
		if kept, err := w.Upkeep().Keeps(t.Context(), info.Digest); !kept || err != nil {
			t.Error("a paper would be swept")
		}
	}
	if n != 7 {
		t.Errorf("%d blobs", n)
	}
	if kept, _ := w.Upkeep().Keeps(t.Context(), store.Digest{}); kept {
		t.Error("keeps what it does not know")
	}
	if named, err := store.CheckBlobs(t.Context(), w.blobs, w.Upkeep().Named); named != n || err != nil {
		t.Errorf("%d papers are named, %v", named, err)
	}
	set := keySet()
	set.Current.Bytes = key(8)
	cfg := w.config(w.db)
	var err error
	cfg.Keys, err = secret.NewKeys(set)
	orgtest.Must(t, err)
	stolen, err := org.New(cfg)
	orgtest.Must(t, err)
	orgtest.Want(t, stolen.ReviewDesk().Read(t.Context(), desk, r.ID, org.PaperLicence, io.Discard), secret.ErrDecrypt)
}

// A company may send a hundred pictures a day (T25).
func TestT25UploadsAreLimited(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		actor := w.startup(t)
		_, err := w.StartReview(t.Context(), actor, reviewForm())
		orgtest.Must(t, err)
		for n := range 100 {
			w.upload(t, actor, org.PaperLicence, pngN(n))
		}
		wantLimit(t, w.Upload(t.Context(), actor, org.PaperLicence, "a.png", bytes.NewReader(pngN(1))), "upload", 24*time.Hour)
		w.Pass(24 * time.Hour)
		w.upload(t, actor, org.PaperLicence, pngN(1))
	})
}
