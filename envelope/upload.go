package envelope

import (
	"bytes"
	"context"
	"errors"
	"io"

	"github.com/dajiaqian/dajiaqian/signer"
	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/verify"
)

// Upload is a file from a sender: a PDF, or a PNG or JPEG picture, which becomes a
// page. Content is read once, up to 10 MiB.
type Upload struct {
	Name    string // shown to the signers, at most 100 characters
	Content io.Reader
}

// takeUpload checks an upload and stores it: the original, and a cleaned version if the
// check asks for that. It stores nothing of a refused file.
func (s *Service) takeUpload(ctx context.Context, u Upload) (File, error) {
	raw, err := readUpload(u)
	if err != nil {
		return File{}, err
	}
	page, converted, err := asPage(ctx, raw)
	if err != nil {
		return File{}, uploadFault(u.Name, err)
	}
	clean, notes, err := normalizeUpload(ctx, page)
	if err != nil {
		return File{}, uploadFault(u.Name, err)
	}
	if converted {
		notes = append([]string{"图片已转换为一页PDF"}, notes...)
	}
	doc, err := signer.Open(bytes.NewReader(clean), int64(len(clean)))
	if err != nil {
		return File{}, uploadFault(u.Name, err)
	}
	f := File{Name: u.Name, Notes: notes}
	if f.Pages, err = doc.Pages(); err != nil {
		return File{}, uploadFault(u.Name, err)
	}
	if f.Uploaded, _, err = s.blobs.Put(ctx, bytes.NewReader(raw)); err != nil {
		return File{}, err
	}
	f.Clean = f.Uploaded
	if len(notes) > 0 {
		f.Clean, _, err = s.blobs.Put(ctx, bytes.NewReader(clean))
	}
	f.Head = f.Clean
	return f, err
}

// asPage makes a page of a picture; anything else is returned unchanged. The content
// decides which it is (M63).
func asPage(ctx context.Context, raw []byte) (page []byte, converted bool, err error) {
	if !bytes.HasPrefix(raw, []byte("\x89PNG\r\n\x1a\n")) && !bytes.HasPrefix(raw, []byte{0xff, 0xd8, 0xff}) {
		return raw, false, nil
	}
	if err := checkUnpacked(raw); err != nil {
		return nil, false, err
	}
	var out bytes.Buffer
	if err := signer.ImageToPDF(ctx, &out, bytes.NewReader(raw), signer.ImageOptions{}); err != nil {
		return nil, false, err
	}
	return out.Bytes(), true, nil
}

// uploadFault wraps errors about the content of a file, and returns others unchanged.
func uploadFault(name string, err error) error {
	var finding *verify.Finding
	var input *signer.InputError
	for _, e := range []error{signer.ErrEncrypted, signer.ErrSigned, signer.ErrImageFormat, signer.ErrImageDamaged, signer.ErrImageTooLarge} {
		if errors.Is(err, e) {
			return &UploadError{name, err}
		}
	}
	if errors.As(err, &finding) || errors.As(err, &input) {
		return &UploadError{name, err}
	}
	return err
}

// normalizeUpload returns the bytes that will be laid out and signed, with a note for
// the sender on each repair.
func normalizeUpload(ctx context.Context, raw []byte) (clean []byte, notes []string, err error) {
	findings, err := verify.CheckUpload(ctx, bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		return nil, nil, err
	}
	rewrite := false
	for _, f := range findings {
		if f.Remedy == verify.Refuse {
			return nil, nil, &f
		}
		rewrite = rewrite || f.Remedy == verify.Normalize
		notes = append(notes, f.Zh())
	}
	if !rewrite {
		return raw, notes, nil
	}
	var out bytes.Buffer
	if err := signer.Normalize(ctx, &out, bytes.NewReader(raw), int64(len(raw))); err != nil {
		return nil, nil, err
	}
	return out.Bytes(), notes, nil
}

// readBlob returns the whole blob; documents here are limited by MaxFileSize and what
// signatures add.
func (s *Service) readBlob(ctx context.Context, d store.Digest) ([]byte, error) {
	b, err := s.blobs.Open(ctx, d)
	if err != nil {
		return nil, err
	}
	defer b.Close()
	return io.ReadAll(io.NewSectionReader(b, 0, b.Size()))
}
