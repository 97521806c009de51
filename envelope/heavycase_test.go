package envelope_test

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/dajiaqian/dajiaqian/envelope"
	"github.com/dajiaqian/dajiaqian/internal/font"
	"github.com/dajiaqian/dajiaqian/signer"
	"github.com/dajiaqian/dajiaqian/signer/pageview"
)

// full is a file that an upload can just hold.
var full = heavyFile{pages: 3, size: envelope.MaxFileSize - 8<<10}

// heavy returns a draft with some files, for one person who has some boxes.
func heavy(t testing.TB, files []heavyFile, boxes ...envelope.Box) envelope.NewDraft {
	t.Helper()
	d := draft(t)
	d.Files, d.Signers = nil, d.Signers[1:]
	for i, f := range files {
		d.Files = append(d.Files, upload(t, fmt.Sprint(i+1, ".pdf"), f.write(t)))
	}
	d.Signers[0].Boxes = boxes
	return d
}

// boxes returns n boxes, one after the other over some files of three pages or more.
func boxes(n, files int, b envelope.Box) []envelope.Box {
	var out []envelope.Box
	for i := range n {
		b.File, b.Page = i%files, 1+i/files%3
		out = append(out, b)
	}
	return out
}

// pages returns the pages from 2 to n.
func pages(n int) (out []int) {
	for i := 2; i <= n; i++ {
		out = append(out, i)
	}
	return out
}

// ideographs returns n different characters.
func ideographs(t testing.TB, n int) string {
	t.Helper()
	face, err := font.Song()
	if err != nil {
		t.Fatal(err)
	}
	var out []rune
	for r := rune(0x4e00); len(out) < n; r++ {
		if len(face.Missing(string(r))) == 0 {
			out = append(out, r)
		}
	}
	return string(out)
}

// typed fills every box of a kind with a text.
func typed(e *envelope.Envelope, party int, kind envelope.BoxKind, text string) envelope.Choice {
	texts := map[string]string{}
	for _, b := range e.Parties[party].Boxes {
		if b.Kind == kind {
			texts[b.Field] = text
		}
	}
	return envelope.Choice{Texts: texts}
}

// brought puts a file into every box of a kind.
func brought(t testing.TB, c *cast, e *envelope.Envelope, party int, kind envelope.BoxKind, raw []byte) envelope.Choice {
	t.Helper()
	for _, b := range e.Parties[party].Boxes {
		if b.Kind != kind {
			continue
		}
		raw[len(raw)-1]++ // another file each
		if _, err := c.Envelopes.Attach(t.Context(), c.partner, e.ID, b.Field, envelope.Upload{Name: "1.png", Content: bytes.NewReader(raw)}); err != nil {
			t.Fatal(err)
		}
	}
	return envelope.Choice{}
}

// pictured lets the party sign with a picture that does not compress.
func pictured(t testing.TB, c *cast) envelope.Choice {
	t.Helper()
	own, err := c.Seals.CreateFromPicture(t.Context(), c.partner, "照片签名", noise(t, 1100), 40)
	if err != nil {
		t.Fatal(err)
	}
	return envelope.Choice{Signature: own.ID}
}

// deep returns a picture of 16 bits a channel, which has few bytes for its pixels.
func deep(t testing.TB, width, height int) []byte {
	t.Helper()
	im := image.NewNRGBA64(image.Rect(0, 0, width, height))
	r := rand.New(rand.NewPCG(1, 2))
	for i := 0; i < len(im.Pix); i += 97 {
		im.Pix[i] = byte(r.Uint32()) & 1
	}
	var b bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&b, im); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// longList returns the longest list of options.
func longList() envelope.Box {
	b := envelope.Box{Kind: envelope.DropdownBox, X: 105, Y: 105, Width: 200}
	for n := range 100 {
		b.Options = append(b.Options, fmt.Sprintf("%s%02d", strings.Repeat("项", 48), n))
	}
	return b
}

// heavyCases are measured one after the other.
var heavyCases = []heavyCase{
	{name: "most bytes: 5 files of 10 MiB, company and person", quick: true, draft: func(t testing.TB, c *cast) envelope.NewDraft {
		d := heavy(t, []heavyFile{full, full, full, full, full})
		d.Signers = draft(t).Signers
		return d
	}},
	{name: "most signatures of a party: 100 in 5 files of 10 MiB", draft: func(t testing.TB, c *cast) envelope.NewDraft {
		return heavy(t, []heavyFile{full, full, full, full, full}, boxes(100, 5, envelope.Box{Kind: envelope.SignatureBox, X: 100, Y: 100})...)
	}},
	{name: "the same in one file of 10 MiB", draft: func(t testing.TB, c *cast) envelope.NewDraft {
		return heavy(t, []heavyFile{full}, boxes(100, 1, envelope.Box{Kind: envelope.SignatureBox, X: 100, Y: 100})...)
	}},
	{name: "most parties: 50, with 250 signatures in 5 files of 1 MiB", draft: func(t testing.TB, c *cast) envelope.NewDraft {
		f := heavyFile{pages: 10, size: 1 << 20}
		d := heavy(t, []heavyFile{f, f, f, f, f})
		d.Signers, d.Ordered = nil, true
		for i := range 50 {
			g := c.stranger(t, i)
			for f := range 5 {
				g.Boxes = append(g.Boxes, envelope.Box{Kind: envelope.SignatureBox, File: f, Page: 1 + i/5, X: 30 + float64(i%5)*35, Y: 50, Width: 30, Height: 12})
			}
			d.Signers = append(d.Signers, g)
		}
		return d
	}},
	{name: "most places: 100 signatures in 2,000", draft: func(t testing.TB, c *cast) envelope.NewDraft {
		return heavy(t, []heavyFile{{pages: 22}}, boxes(100, 1, envelope.Box{Kind: envelope.SignatureBox, X: 50, Y: 50, Pages: pages(22)[2:]})...)
	}},
	{name: "most pages of a box: 2 signatures on 1,000 each", draft: func(t testing.TB, c *cast) envelope.NewDraft {
		b := envelope.Box{Kind: envelope.SignatureBox, Page: 1, X: 100, Y: 50, Pages: pages(1000)}
		return heavy(t, []heavyFile{{pages: 1000}}, b, b)
	}},
	{name: "most pages of 骑缝: 2 sets across 999 each", draft: func(t testing.TB, c *cast) envelope.NewDraft {
		d := heavy(t, []heavyFile{{pages: 999}})
		d.Signers = draft(t).Signers[:1]
		d.Signers[0].Boxes = nil
		for i := range 2 {
			d.Signers[0].Boxes = append(d.Signers[0].Boxes, envelope.Box{Kind: envelope.SealBox, Edge: &envelope.Edge{At: 0.3 + float64(i)*0.4}})
		}
		return d
	}},
	{name: "most pages: 5,000 in 5 files, with watermark and QR code", draft: func(t testing.TB, c *cast) envelope.NewDraft {
		f := heavyFile{pages: 5000}
		d := heavy(t, []heavyFile{f, f, f, f, f}, envelope.Box{Kind: envelope.SignatureBox, Page: 1, X: 100, Y: 50, Pages: pages(1000)})
		d.Marks = envelope.Marks{Watermark: strings.Repeat("仅供签署", 12), Code: new(signer.Corner)}
		return d
	}},
	{name: "most text: 20,000 characters", draft: func(t testing.TB, c *cast) envelope.NewDraft {
		return heavy(t, []heavyFile{{pages: 3}}, boxes(20, 1, envelope.Box{Kind: envelope.ParagraphBox, X: 105, Y: 105, Width: 200, Height: 200,
			Label: strings.Repeat("提", 50)})...)
	}, choose: func(t testing.TB, c *cast, e *envelope.Envelope, party int) envelope.Choice {
		return typed(e, party, envelope.ParagraphBox, ideographs(t, 1000))
	}},
	{name: "most options: 34 lists of 100", quick: true, draft: func(t testing.TB, c *cast) envelope.NewDraft {
		return heavy(t, []heavyFile{{pages: 3}}, boxes(34, 1, longList())...)
	}, choose: func(t testing.TB, c *cast, e *envelope.Envelope, party int) envelope.Choice {
		return typed(e, party, envelope.DropdownBox, e.Parties[party].Boxes[0].Options[99])
	}},
	{name: "most keywords: 300 in 400 pages of 2,000 letters", draft: func(t testing.TB, c *cast) envelope.NewDraft {
		view, err := pageview.New(t.Context(), pageview.Config{CacheDir: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = view.Close() })
		c.Finder = view
		var at []envelope.Box
		for i := range 300 {
			at = append(at, envelope.Box{Kind: envelope.TextBox, Keyword: &envelope.Keyword{Word: fmt.Sprint("Keyword ", i+1), Nth: 1}})
		}
		return heavy(t, []heavyFile{{pages: 400, text: "Keyword", lines: 40}}, at...)
	}},
	{name: "largest document: signatures of 1.6 MB, 32 MiB in all", draft: func(t testing.TB, c *cast) envelope.NewDraft {
		return heavy(t, []heavyFile{full}, boxes(13, 1, envelope.Box{Kind: envelope.SignatureBox, X: 100, Y: 100, Width: 40, Height: 40})...)
	}, choose: func(t testing.TB, c *cast, e *envelope.Envelope, party int) envelope.Choice { return pictured(t, c) }},
	{name: "largest documents: the same, 80 MiB in 5 files", draft: func(t testing.TB, c *cast) envelope.NewDraft {
		return heavy(t, []heavyFile{full, full, full, full, full}, boxes(17, 5, envelope.Box{Kind: envelope.SignatureBox, X: 100, Y: 100, Width: 40, Height: 40})...)
	}, choose: func(t testing.TB, c *cast, e *envelope.Envelope, party int) envelope.Choice { return pictured(t, c) }},
	{name: "most pictures: 300 of 20,000 pixels", draft: func(t testing.TB, c *cast) envelope.NewDraft {
		return heavy(t, []heavyFile{{pages: 3}}, boxes(300, 1, envelope.Box{Kind: envelope.PictureBox, X: 105, Y: 105})...)
	}, choose: func(t testing.TB, c *cast, e *envelope.Envelope, party int) envelope.Choice {
		return brought(t, c, e, party, envelope.PictureBox, append(noise(t, 140), 0))
	}},
	{name: "largest picture: 8 million pixels of 16 bits", draft: func(t testing.TB, c *cast) envelope.NewDraft {
		return heavy(t, []heavyFile{full}, envelope.Box{Kind: envelope.PictureBox, Page: 1, X: 105, Y: 105, Width: 200, Height: 200})
	}, choose: func(t testing.TB, c *cast, e *envelope.Envelope, party int) envelope.Choice {
		return brought(t, c, e, party, envelope.PictureBox, append(deep(t, 4096, 2048), 0))
	}},
	{name: "most attachments: 10 of 10 MiB", draft: func(t testing.TB, c *cast) envelope.NewDraft {
		return heavy(t, []heavyFile{full, full, full, full, full}, boxes(10, 5, envelope.Box{Kind: envelope.AttachmentBox, X: 105, Y: 105})...)
	}, choose: func(t testing.TB, c *cast, e *envelope.Envelope, party int) envelope.Choice {
		raw := make([]byte, envelope.MaxFileSize)
		_, _ = rand.NewChaCha8([32]byte{1}).Read(raw) // it never fails
		return brought(t, c, e, party, envelope.AttachmentBox, raw)
	}},
	{name: "largest uploads: 5 pictures of 8 million pixels of 16 bits", draft: func(t testing.TB, c *cast) envelope.NewDraft {
		d := heavy(t, []heavyFile{full}, envelope.Box{Kind: envelope.SignatureBox, Page: 1, X: 105, Y: 105})
		d.Files = nil
		raw := deep(t, 4096, 2048)
		for i := range 5 {
			d.Files = append(d.Files, envelope.Upload{Name: fmt.Sprint(i+1, ".png"), Content: bytes.NewReader(raw)})
		}
		return d
	}},
}
