package envelope

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/dajiaqian/dajiaqian/signer"
	"github.com/dajiaqian/dajiaqian/store"
)

// layOut gives every document the fields of all its signers, before anyone
// signs, and returns the parties with the names of their fields.
//
// A company's party gets one field for its handler's own signature in each document,
// besides the fields for its seals. Every party that has boxes gets a field in every
// document, invisible if the sender set none, so that each document has the signature
// of each party.
func (s *Service) layOut(ctx context.Context, e *record) ([]partyRecord, []store.Digest, error) {
	docs := make([][]byte, len(e.Files))
	for i, f := range e.Files {
		var err error
		if docs[i], err = s.readBlob(ctx, f.Head); err != nil {
			return nil, nil, err
		}
	}
	parties := append([]partyRecord(nil), e.Parties...)
	words, err := s.findWords(ctx, e, docs)
	if err != nil {
		return nil, nil, err
	}
	for i := range parties {
		if parties[i].Boxes, err = words.place(e, parties[i].Boxes); err != nil {
			return nil, nil, err
		}
	}
	for i := range parties {
		if err := checkInputs(parties[i].Boxes); err != nil { // without those whose word is absent
			err.Field = fmt.Sprintf("signer %d, %s", i+1, err.Field)
			return nil, nil, err
		}
		if len(parties[i].Boxes) > 0 { // otherwise they place their own
			parties[i].Boxes = addInvisible(parties[i].Boxes, len(e.Files))
		}
	}
	if err := e.countPlaces(parties); err != nil {
		return nil, nil, err
	}
	var laid []bytes.Buffer
	for n := 0; ; n++ {
		prefix := strings.Repeat("a", n)
		for i := range parties {
			nameFields(prefix, i+1, parties[i].Boxes)
		}
		var err error
		if laid, err = layFields(ctx, e, docs, parties, prefix, s.verifyLink(e.ID)); err == nil {
			break
		}
		if !errors.Is(err, signer.ErrFieldExists) || n == maxPrefix {
			return nil, nil, layoutFault(err)
		}
	}
	if err := checkOverlaps(ctx, parties); err != nil {
		return nil, nil, err
	}
	heads := make([]store.Digest, len(e.Files))
	for i, f := range e.Files {
		heads[i] = f.Head
		if laid[i].Len() == 0 {
			continue
		}
		var err error
		if heads[i], _, err = s.blobs.Put(ctx, &laid[i]); err != nil {
			return nil, nil, err
		}
	}
	return parties, heads, nil
}

// maxPrefix is how many letters may come before the names of fields: none, unless a
// file has such fields already, because it was laid out for an earlier envelope and
// downloaded before anyone signed.
const maxPrefix = 8

// layFields puts the fields of all parties, the texts of a template and the sender's marks
// into the documents. link is what a QR code says. The buffer of a document that gets none stays empty.
func layFields(ctx context.Context, e *record, docs [][]byte, parties []partyRecord, prefix, link string) ([]bytes.Buffer, error) {
	laid := make([]bytes.Buffer, len(docs))
	for i, f := range e.Files {
		var elements []signer.Element
		for _, p := range parties {
			elements = append(elements, elementsOf(p.Boxes, i, f.Pages)...)
		}
		elements = append(elements, e.Marks.elements(link)...)
		for n, t := range e.Filled {
			if t.File == i {
				elements = append(elements, signer.TextField{Name: fmt.Sprintf("%sF%d", prefix, n+1), Page: t.Page,
					Box: signer.Around(t.X, t.Y, t.Width, t.Height), Text: t.Text})
			}
		}
		if len(elements) == 0 {
			continue
		}
		doc, err := signer.Open(bytes.NewReader(docs[i]), int64(len(docs[i])))
		if err != nil {
			return nil, uploadFault(f.Name, err)
		}
		laid[i].Grow(len(docs[i]) + stampSize)
		if err := signer.Layout(ctx, &laid[i], doc, elements...); err != nil {
			return nil, err
		}
	}
	return laid, nil
}

// addInvisible adds an invisible signature box for every file in which a party has
// no signature of its own.
func addInvisible(boxes []Box, files int) []Box {
	out := append([]Box(nil), boxes...)
	for i := range files {
		has := false
		for _, b := range boxes {
			has = has || b.File == i && b.Kind == SignatureBox
		}
		if !has {
			out = append(out, Box{Kind: SignatureBox, File: i, Page: 1})
		}
	}
	return out
}

// nameFields sets the field names of a party's boxes.
func nameFields(prefix string, party int, boxes []Box) {
	for n := range boxes {
		letter := "S"
		if !boxes[n].signs() {
			letter = "T"
		}
		boxes[n].Field = fmt.Sprintf("%s%s%d-%d", prefix, letter, party, n+1)
	}
	for _, in := range inputsOf(boxes) { // the buttons of a choice are one field
		for n := range boxes {
			if in.Kind == RadioBox && boxes[n].Kind == RadioBox && boxes[n].File == in.File && boxes[n].Name == in.Name {
				boxes[n].Field = in.Field
			}
		}
	}
}

// elementsOf makes the fields of one party in one file. The texts are locked by the
// signature that fills them, which is the first of the file.
func elementsOf(boxes []Box, file, pages int) []signer.Element {
	var texts []string
	for _, b := range boxes {
		if b.File == file && !b.signs() && !slices.Contains(texts, b.Field) {
			texts = append(texts, b.Field)
		}
	}
	var out []signer.Element
	inputs := inputsOf(boxes)
	for i := range inputs {
		if inputs[i].File == file {
			out = append(out, inputs[i].element(inputs))
		}
	}
	for _, b := range boxes {
		switch {
		case b.File != file:
		case b.Kind == DateBox:
			out = append(out, signer.TextField{Name: b.Field, Page: b.Page, Box: signer.Around(b.X, b.Y, b.Width, b.Height)})
		case b.signs():
			f := b.signatureField(pages)
			if b.Kind == SignatureBox {
				f.Lock.Fields, texts = texts, nil
			}
			out = append(out, f)
		}
	}
	return out
}

// signatureField makes the field of a box in a file with a number of pages.
func (b Box) signatureField(pages int) signer.Field {
	f := signer.Field{Name: b.Field, Page: b.Page}
	if b.Edge != nil {
		f.Page = 0
		f.Straddle = &signer.Straddle{Pages: b.Pages, Side: b.Edge.Side, At: b.Edge.At, Width: b.Width, Height: b.Height}
		if len(b.Pages) == 0 {
			for n := range pages {
				f.Straddle.Pages = append(f.Straddle.Pages, n+1)
			}
		}
		return f
	}
	if b.visible() {
		all := b.places()
		f.Box, f.Also = all[0].Box, all[1:]
	}
	return f
}

// layoutFault returns an error that names the rule that a box breaks.
func layoutFault(err error) error {
	var value *signer.ValueError
	switch {
	case errors.As(err, &value):
		return &FieldError{"text " + value.Field, "M68", value.Error(), value.Zh()}
	case errors.Is(err, signer.ErrOffPage):
		return &FieldError{"box", "M68", err.Error(), "签署位置超出页面范围"}
	case errors.Is(err, signer.ErrBoxTooSmall):
		return &FieldError{"box", "M68", err.Error(), "签署位置小于印章尺寸"}
	case errors.Is(err, signer.ErrTooLong):
		return &FieldError{"text", "M68", err.Error(), "填写内容过长，无法在签署位置内显示"}
	case errors.Is(err, signer.ErrFieldExists):
		return &FieldError{"box", "M68", err.Error(), "文件中已有同名的签署域，请更换文件"}
	case errors.Is(err, signer.ErrArchive):
		return &FieldError{"file", "M68", err.Error(), "文件为PDF/A格式，无法显示水印或该印章的颜色"}
	case errors.Is(err, signer.ErrNoGlyph):
		return &FieldError{"text", "M68", err.Error(), "填写内容包含无法显示的字符"}
	}
	return err
}
