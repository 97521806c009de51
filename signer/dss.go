package signer

import (
	"crypto/sha1" //nolint:gosec // names signatures in VRI, as ISO 32000-2 asks; it carries no verdict
	"crypto/sha256"
	"fmt"

	"github.com/dajiaqian/dajiaqian/internal/pdf"
)

// vriKey names a signature in a DSS: the upper-case hexadecimal SHA-1 of its
// /Contents, padding included (ISO 32000-2, 12.8.4.4).
func vriKey(contents []byte) pdf.Name { return pdf.Name(fmt.Sprintf("%X", sha1.Sum(contents))) }

// dss extends a document security store (ISO 32000-2, 12.8.4.3). Existing members keep
// their bytes; a stream that exists is not stored again.
type dss struct {
	u    *pdf.Update
	f    *pdf.File
	dict *pdf.Dict
	have map[[32]byte]pdf.Ref
	more map[pdf.Name]pdf.Array // new members of /Certs, /OCSPs and /CRLs
	vri  *pdf.Dict
	grew bool
}

// maxStore is how many members of each kind a store may have.
const maxStore = 4096

func openDSS(f *pdf.File, u *pdf.Update) (*dss, error) {
	s := &dss{u: u, f: f, have: map[[32]byte]pdf.Ref{}, more: map[pdf.Name]pdf.Array{}}
	cat, _, err := f.Catalog()
	if err != nil {
		return nil, err
	}
	if s.dict, err = f.Dict(cat.Get("DSS")); err != nil {
		return nil, err
	}
	if s.dict == nil {
		s.dict = pdf.NewDict(pdf.Name("Type"), pdf.Name("DSS"))
	}
	if s.vri, err = f.Dict(s.dict.Get("VRI")); err != nil {
		return nil, err
	}
	for _, kind := range []pdf.Name{"Certs", "OCSPs", "CRLs"} {
		members, err := f.Array(s.dict.Get(kind))
		if err != nil {
			return nil, err
		}
		if len(members) > maxStore {
			return nil, &pdf.LimitError{Resource: "DSS", Limit: maxStore}
		}
		for _, m := range members {
			ref, ok := m.(pdf.Ref)
			if !ok {
				continue
			}
			if o, err := f.Object(ref); err == nil {
				if st, ok := o.(*pdf.Stream); ok {
					if data, err := f.Decode(st, 16<<20); err == nil {
						s.have[sha256.Sum256(data)] = ref
					}
				}
			}
		}
	}
	return s, nil
}

// maxPlain is the number of bytes from which evidence is compressed. Certificates and
// answers consist mostly of keys and signatures, which do not shrink.
const maxPlain = 4 << 10

// put stores data once and returns their stream.
func (s *dss) put(kind pdf.Name, data []byte) (pdf.Ref, error) {
	sum := sha256.Sum256(data)
	if ref, ok := s.have[sum]; ok {
		return ref, nil
	}
	st := &pdf.Stream{Dict: pdf.NewDict(), Data: data}
	if len(data) > maxPlain {
		packed, err := pdf.Deflate(data)
		if err != nil {
			return pdf.Ref{}, err
		}
		st = &pdf.Stream{Dict: pdf.NewDict(pdf.Name("Filter"), pdf.Name("FlateDecode")), Data: packed}
	}
	ref := s.u.Add(st)
	s.have[sum] = ref
	s.more[kind] = append(s.more[kind], ref)
	s.grew = true
	return ref, nil
}

// add stores the evidence for one signature. An entry that its key already has stays as
// it is; new members go into the common arrays.
func (s *dss) add(key pdf.Name, e evidence) error {
	entry := pdf.NewDict()
	for _, k := range []struct {
		in, of pdf.Name
		data   [][]byte
	}{{"Cert", "Certs", e.certs}, {"OCSP", "OCSPs", e.ocsps}, {"CRL", "CRLs", e.crls}} {
		var refs pdf.Array
		for _, d := range k.data {
			ref, err := s.put(k.of, d)
			if err != nil {
				return err
			}
			refs = append(refs, ref)
		}
		if refs != nil {
			entry = entry.With(k.in, refs)
		}
	}
	if s.vri.Get(key) == nil {
		if s.vri == nil {
			s.vri = pdf.NewDict()
		}
		s.vri = s.vri.With(key, s.u.Add(entry))
		s.grew = true
	}
	return nil
}

// enterCatalog enters the store into the catalog. It reports whether anything is new.
func (s *dss) enterCatalog() (bool, error) {
	if !s.grew {
		return false, nil
	}
	cat, root, err := s.f.Catalog()
	if err != nil {
		return false, err
	}
	for _, kind := range []pdf.Name{"Certs", "OCSPs", "CRLs"} {
		if len(s.more[kind]) == 0 {
			continue
		}
		old, err := s.f.Array(s.dict.Get(kind))
		if err != nil {
			return false, err
		}
		s.place(kind, append(append(pdf.Array(nil), old...), s.more[kind]...))
	}
	s.place("VRI", s.vri)
	if ref, ok := cat.Get("DSS").(pdf.Ref); ok {
		s.u.Set(ref, s.dict)
	} else {
		s.u.Set(root, cat.With("DSS", s.u.Add(s.dict)))
	}
	return true, nil
}

// place sets an entry of the store, in its own object if it has one.
func (s *dss) place(key pdf.Name, v pdf.Object) {
	if ref, ok := s.dict.Get(key).(pdf.Ref); ok {
		s.u.Set(ref, v)
		return
	}
	s.dict = s.dict.With(key, v)
}
