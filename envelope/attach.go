package envelope

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/signer"
	"github.com/dajiaqian/dajiaqian/store"
)

// Attachment is a file that a party brings when they agree (附件). The document shows its
// name and its SHA-256, which is Digest; a picture it shows itself. The file is delivered
// with the envelope, and is not part of any document.
type Attachment struct {
	Name   string       `json:"name"`
	Digest store.Digest `json:"digest"`
	Size   int64        `json:"size"` // bytes
}

// text returns what an AttachmentBox shows. The middle of a long name is left out.
func (a *Attachment) text() string {
	const most, head, tail = 40, 25, 14 // characters
	name := []rune(a.Name)
	if len(name) > most {
		name = slices.Concat(name[:head], []rune("…"), name[len(name)-tail:])
	}
	return string(name) + "\nSHA-256 " + a.Digest.String()
}

// attachment is the file that a person put into a box and may agree to.
type attachment struct {
	ID     string       `json:"id"` // envelope/party/field
	Person org.PersonID `json:"person"`
	Attachment
	At    time.Time `json:"at"`
	Times int       `json:"times"` // how often the box got a file
}

// maxAttached is how often a box may get a file: what was there before is kept for a while.
const maxAttached = 20

var attachments = store.NewTable("envelope_attachment", func(a *attachment) string { return a.ID })

func attachmentID(envelope ID, party int, field string) string {
	return taskID(string(envelope), party) + "/" + field
}

// Attach puts a file into a PictureBox or an AttachmentBox of the actor's own party, whose
// turn it is. field is Box.Field. A picture is a PNG or JPEG; an attachment is any file. Both
// have at most 10 MiB. The file waits for the consent of the same person, which covers it: a
// code that was sent before is not valid for it. A further call for the same box replaces
// the file, at most 20 times. Content is read once; what no box names is swept.
func (s *Service) Attach(ctx context.Context, actor org.Actor, id ID, field string, u Upload) (Attachment, error) {
	var b *Box
	err := s.db.View(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		_, b, err = s.fileBox(ctx, tx, actor, id, field)
		return err
	})
	if err != nil {
		return Attachment{}, err
	}
	raw, err := readUpload(u)
	switch {
	case err != nil:
	case b.Kind == PictureBox:
		if err = checkUnpacked(raw); err == nil {
			_, err = pictureIn(raw, *b)
		}
	default:
		if _, gerr := signer.NewText(1000, 10, 0, u.Name); errors.Is(gerr, signer.ErrNoGlyph) {
			err = &FieldError{"file name", "M63", gerr.Error(), "文件名包含无法显示的字符"}
		}
	}
	if err != nil {
		return Attachment{}, uploadFault(u.Name, err)
	}
	a := attachment{Person: actor.Person, Attachment: Attachment{Name: u.Name, Size: int64(len(raw))}}
	if a.Digest, _, err = s.blobs.Put(ctx, bytes.NewReader(raw)); err != nil {
		return Attachment{}, err
	}
	err = s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		party, _, err := s.fileBox(ctx, tx, actor, id, field)
		if err == nil {
			err = fitWaiting(ctx, tx, id, party, field, a.Size)
		}
		if err != nil {
			return err
		}
		a.ID, a.At, a.Times = attachmentID(id, party, field), tx.Now(), 1
		was, err := attachments.Get(ctx, tx, a.ID)
		switch {
		case errors.Is(err, store.ErrNotFound):
			return attachments.Insert(ctx, tx, a)
		case err != nil:
			return err
		case was.V.Times >= maxAttached:
			return &FieldError{"box", "M68", fmt.Sprintf("it got %d files already", maxAttached), "上传次数过多"}
		}
		a.Times += was.V.Times
		was.V = a
		return attachments.Update(ctx, tx, was)
	})
	return a.Attachment, err
}

// fitWaiting refuses a file if all that wait for the consent of a party would be more than an
// envelope takes (T25).
func fitWaiting(ctx context.Context, tx *store.Tx, id ID, party int, field string, size int64) error {
	rec, err := envelopes.Get(ctx, tx, string(id))
	if err != nil {
		return err
	}
	for _, b := range rec.V.Parties[party-1].Boxes {
		if !b.Kind.takesFile() || b.Field == field {
			continue
		}
		other, err := attachments.Get(ctx, tx, attachmentID(id, party, b.Field))
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		size += other.V.Size
	}
	if size > maxBrought {
		return &FieldError{"boxes", "M68", fmt.Sprintf("files of more than %d MiB in all", maxBrought>>20), "附件合计过大"}
	}
	return nil
}

// Detach takes back what [Service.Attach] put into a box, before the actor agreed to it. It
// does nothing if there is no file.
func (s *Service) Detach(ctx context.Context, actor org.Actor, id ID, field string) error {
	return s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		party, _, err := s.fileBox(ctx, tx, actor, id, field)
		if err != nil {
			return err
		}
		was, err := attachments.Get(ctx, tx, attachmentID(id, party, field))
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		was.V.Attachment, was.V.Person = Attachment{}, ""
		return attachments.Update(ctx, tx, was)
	})
}

// fileBox finds the box of the actor's own party that takes a file now.
func (s *Service) fileBox(ctx context.Context, tx *store.Tx, actor org.Actor, id ID, field string) (party int, b *Box, err error) {
	rec, party, err := s.findParty(ctx, tx, actor, id)
	if err != nil {
		return 0, nil, err
	}
	p, err := rec.V.turn(party, "attach to", Active)
	if err != nil {
		return 0, nil, err
	}
	for i := range p.Boxes {
		if p.Boxes[i].Field == field && p.Boxes[i].Kind.takesFile() {
			return party, &p.Boxes[i], nil
		}
	}
	return 0, nil, &FieldError{"box", "M68", "it takes no file", "该签署位置不能上传文件"}
}

// readUpload reads a file within its limits.
func readUpload(u Upload) ([]byte, error) {
	if n := utf8.RuneCountInString(u.Name); n == 0 || n > 100 || !printable(u.Name) {
		return nil, &FieldError{"file name", "M63", "it has 1 to 100 printable characters", "文件名须为1至100个字符"}
	}
	raw, err := io.ReadAll(io.LimitReader(u.Content, MaxFileSize+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("envelope: reading %q: %w", u.Name, err)
	case len(raw) > MaxFileSize:
		return nil, &UploadError{u.Name, &FieldError{"file size", "M63", "it is larger than 10 MiB", "文件大小不能超过10M"}}
	case len(raw) == 0:
		return nil, &UploadError{u.Name, &FieldError{"file size", "M63", "it is empty", "文件内容为空"}}
	}
	return raw, nil
}

// attached returns the files that a person put into boxes of a party, by field.
func attached(ctx context.Context, tx *store.Tx, id ID, party int, person org.PersonID, boxes []Box) (map[string]Attachment, error) {
	out := map[string]Attachment{}
	for _, b := range boxes {
		if !b.Kind.takesFile() {
			continue
		}
		rec, err := attachments.Get(ctx, tx, attachmentID(id, party, b.Field))
		switch {
		case errors.Is(err, store.ErrNotFound):
		case err != nil:
			return nil, err
		case rec.V.Person == person:
			out[b.Field] = rec.V.Attachment
		}
	}
	return out, nil
}

// pictureIn returns a picture as large as a box has room for.
func pictureIn(raw []byte, b Box) (signer.Appearance, error) {
	p, err := signer.NewPicture(raw, b.Width, 0)
	if err != nil {
		return nil, err
	}
	if _, _, h := p.Vector(); h > b.Height {
		return signer.NewPicture(raw, 0, b.Height)
	}
	return p, nil
}

// Attachment returns a file that a party, counted from 1, agreed to in a box, to whom
// [Service.Download] gives it. The caller closes it.
func (s *Service) Attachment(ctx context.Context, actor org.Actor, id ID, party int, field string) (store.Blob, error) {
	e, v, err := s.load(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	if err := e.mayDownload(v); err != nil {
		return nil, err
	}
	if party < 1 || party > len(e.Parties) {
		return nil, ErrNotFound
	}
	for _, f := range e.Parties[party-1].brought() {
		if f.Field == field {
			return s.blobs.Open(ctx, f.Attached.Digest)
		}
	}
	return nil, ErrNotFound
}

// brought returns the files in what a party signed.
func (p *partyRecord) brought() []Fill {
	var out []Fill
	if p.State == Signed {
		for _, f := range p.Consent.Fills {
			if f.Attached != nil {
				out = append(out, f)
			}
		}
	}
	return out
}
