package envelope

import (
	"archive/zip"
	"compress/flate"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/store"
)

// Names of files in a download.
const (
	auditName    = "audit.json"
	evidenceName = "evidence.pdf"
)

// archivePath returns the name of a document in a download: its number and its own
// name, without characters that file systems may refuse.
func archivePath(e *record, file int) string {
	name := strings.TrimSuffix(e.Files[file].Name, path.Ext(e.Files[file].Name))
	return fmt.Sprintf("%d-%s.pdf", file+1, plainName(name))
}

// plainName returns a name without what file systems may refuse, of at most 200 bytes.
func plainName(name string) string {
	const most, tail = 200, 20
	for end := path.Ext(name); len(name) > most; {
		if len(end) > tail {
			end = ""
		}
		_, n := utf8.DecodeLastRuneInString(strings.TrimSuffix(name, end))
		name = name[:len(name)-len(end)-n] + end
	}
	return strings.Trim(strings.Map(func(r rune) rune {
		if r < ' ' || strings.ContainsRune(`/\:*?"<>|`, r) {
			return '_'
		}
		return r
	}, name), ". ")
}

// mayDownload returns ErrDownload to a reader without the right to download.
func (e *record) mayDownload(v viewer) error {
	if !v.sender && v.party == 0 && !e.Readers[v.reader-1].Download {
		return ErrDownload
	}
	return nil
}

// Download writes an envelope as one ZIP (下载, M79): its documents, the
// files that parties attached when they signed and, once they are made, evidence.pdf and audit.json, which download.Audit checks without this platform.
// It returns [ErrDownload] if the actor got a copy without the right to download. Equal
// state gives equal bytes.
func (s *Service) Download(ctx context.Context, actor org.Actor, id ID, w io.Writer) error {
	e, v, err := s.load(ctx, actor, id)
	if err == nil {
		err = e.mayDownload(v)
	}
	if err != nil {
		return err
	}
	z := zip.NewWriter(w)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestSpeed) }) // most of it does not compress
	for i, f := range e.Files {
		if err := s.packBlob(ctx, z, archivePath(&e, i), f.Head, e.CreatedAt); err != nil {
			return err
		}
	}
	for i := range e.Parties {
		for n, f := range e.Parties[i].brought() {
			name := fmt.Sprintf("attachments/%d-%d-%s", i+1, n+1, plainName(f.Attached.Name))
			if err := s.packBlob(ctx, z, name, f.Attached.Digest, e.CreatedAt); err != nil {
				return err
			}
		}
	}
	if e.Evidence != (store.Digest{}) {
		if err := s.packBlob(ctx, z, evidenceName, e.Evidence, e.ArchivedAt); err != nil {
			return err
		}
		if err := s.packBlob(ctx, z, auditName, e.Audit, e.ArchivedAt); err != nil {
			return err
		}
	}
	return z.Close()
}

// packBlob streams a blob into an archive.
func (s *Service) packBlob(ctx context.Context, z *zip.Writer, name string, d store.Digest, at time.Time) error {
	b, err := s.blobs.Open(ctx, d)
	if err != nil {
		return err
	}
	out, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: at.UTC()})
	if err == nil {
		_, err = io.Copy(out, io.NewSectionReader(b, 0, b.Size()))
	}
	return errors.Join(err, b.Close())
}
