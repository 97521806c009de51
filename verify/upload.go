package verify

import (
	"context"
	"errors"
	"io"
	"strings"

	"github.com/dajiaqian/dajiaqian/internal/enum"
	"github.com/dajiaqian/dajiaqian/internal/pdf"
)

// Remedy is what has to be done about a finding in an upload.
type Remedy int

// The remedies, from mild to severe.
const (
	Warn      Remedy = iota + 1 // tell the sender
	Normalize                   // rewrite the file to one clean revision first
	Refuse                      // do not take the file
)

var remedyNames = [...]string{
	Warn:      "warn",
	Normalize: "normalize",
	Refuse:    "refuse",
}

// String returns the remedy in English.
func (r Remedy) String() string { return enum.Name("Remedy", remedyNames[:], r) }

// UploadCode names a finding about an upload.
type UploadCode string

// The findings (attacks.md 1.5).
const (
	UploadNotPDF    UploadCode = "UPLOAD_NOT_PDF"
	UploadTruncated UploadCode = "UPLOAD_TRUNCATED" // no %%EOF: the file is cut off
	UploadEncrypted UploadCode = "UPLOAD_ENCRYPTED"
	UploadSigned    UploadCode = "UPLOAD_SIGNED"    // signatures that a new layout would break
	UploadDamaged   UploadCode = "UPLOAD_DAMAGED"   // cross-references that readers have to guess
	UploadBroken    UploadCode = "UPLOAD_BROKEN"    // damaged beyond repair
	UploadLimit     UploadCode = "UPLOAD_LIMIT"     // larger or deeper than allowed
	UploadRevisions UploadCode = "UPLOAD_REVISIONS" // saved several times: hidden earlier content
	UploadXFA       UploadCode = "UPLOAD_XFA"       // pages that readers make from an XFA form: the file has none to sign
	UploadActive    UploadCode = "UPLOAD_ACTIVE"    // scripts, launch and submit actions, XFA (A33)
)

var uploadZh = map[UploadCode]string{
	UploadNotPDF: "文件不是 PDF 格式", UploadTruncated: "文件不完整", UploadEncrypted: "文件已加密，无法签署",
	UploadSigned: "文件已包含签名", UploadDamaged: "文件结构损坏，已重新整理", UploadBroken: "文件已损坏，无法读取",
	UploadXFA: "文件为动态 XFA 表单，无法签署", UploadLimit: "文件过大或过于复杂", UploadRevisions: "文件包含历史版本，已重新整理", UploadActive: "文件包含脚本等活动内容，已移除",
}

// Finding is one thing about an upload that the sender should know.
type Finding struct {
	Code   UploadCode
	Remedy Remedy
	Detail string
}

// Error describes the finding. A refused upload is returned as an error with it.
func (f *Finding) Error() string {
	return "verify: " + strings.ToLower(strings.TrimPrefix(string(f.Code), "UPLOAD_")) + " upload: " + f.Detail
}

// Zh describes the finding in Chinese.
func (f *Finding) Zh() string { return uploadZh[f.Code] }

// CheckUpload checks a document before anyone signs it: what is shown, hashed and
// signed must be the same for every reader. It returns an error only if reading fails;
// what is wrong with the file is a [Finding]. A file without a finding is signed as it
// is.
func CheckUpload(ctx context.Context, r io.ReaderAt, size int64) ([]Finding, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	f, err := pdf.Open(r, size, pdf.DefaultLimits())
	if err == nil {
		err = f.Check()
	}
	if err != nil {
		if !pdf.IsFault(err) {
			return nil, err
		}
		return []Finding{openFault(err)}, nil
	}
	if f.Encrypted() {
		return []Finding{{UploadEncrypted, Refuse, "the file has an encryption dictionary"}}, nil
	}
	var out []Finding
	note := func(err error) error {
		if err == nil || !pdf.IsFault(err) {
			return err
		}
		out = append(out, Finding{UploadDamaged, Normalize, err.Error()})
		return nil
	}
	form, err := f.Form()
	if err := note(err); err != nil {
		return nil, err
	}
	if form.Signed() {
		return []Finding{{UploadSigned, Refuse, "the file has signatures"}}, nil
	}
	cat, _, err := f.Catalog()
	if err := note(err); err != nil {
		return nil, err
	}
	if rendering, err := f.Resolve(cat.Get("NeedsRendering")); err == nil && rendering == true && form.Dict.Get("XFA") != nil {
		return []Finding{{UploadXFA, Refuse, "its pages are made from an XFA form"}}, nil
	}
	_, err = f.PageCount()
	if err := note(err); err != nil {
		return nil, err
	}
	revs, err := f.Revisions(0)
	if err := note(err); err != nil {
		return nil, err
	}
	if len(revs) > 1 {
		out = append(out, Finding{UploadRevisions, Normalize, "the file was saved more than once"})
	} else if len(revs) == 1 {
		err := f.Accounted(revs[0], f.Base())
		if err := note(err); err != nil {
			return nil, err
		}
	}
	active, err := f.Active()
	if err := note(err); err != nil {
		return nil, err
	}
	if len(active) > 0 {
		out = append(out, Finding{UploadActive, Normalize, strings.Join(active, ", ")})
	}
	return out, nil
}

// openFault returns the finding for a file whose cross-references are broken.
func openFault(err error) Finding {
	var bad *pdf.MalformedError
	switch {
	case !errors.As(err, &bad):
		return Finding{UploadLimit, Refuse, err.Error()}
	case bad.Code == pdf.CodeHeader:
		return Finding{UploadNotPDF, Refuse, err.Error()}
	case bad.Code == pdf.CodeEOF:
		return Finding{UploadTruncated, Refuse, err.Error()}
	}
	return Finding{UploadDamaged, Normalize, err.Error()}
}
