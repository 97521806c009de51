package envelope

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"time"

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
	name = strings.Map(func(r rune) rune {
		if r < ' ' || strings.ContainsRune(`/\:*?"<>|`, r) {
			return '_'
		}
		return r
	}, name)
	return fmt.Sprintf("%d-%s.pdf", file+1, strings.Trim(name, ". "))
}

// Download writes an envelope as one ZIP (下载, M79): its documents and, once they are
// made, evidence.pdf and audit.json, which download.Audit checks without this platform.
// It returns [ErrDownload] if the actor got a copy without the right to download. Equal
// state gives equal bytes.
func (s *Service) Download(ctx context.Context, actor org.Actor, id ID, w io.Writer) error {
	e, v, err := s.load(ctx, actor, id)
	switch {
	case err != nil:
		return err
	case !v.sender && v.party == 0 && !e.Readers[v.reader-1].Download:
		return ErrDownload
	}
	z := zip.NewWriter(w)
	for i, f := range e.Files {
		if err := s.packBlob(ctx, z, archivePath(&e, i), f.Head, e.CreatedAt); err != nil {
			return err
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
