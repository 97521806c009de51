package verify

import (
	"bytes"

	"github.com/dajiaqian/dajiaqian/internal/cms"
	"github.com/dajiaqian/dajiaqian/internal/pdf"
	"github.com/dajiaqian/dajiaqian/internal/plain"
)

// The known SubFilters (EN 319 142-1, 6.2.1; ISO 32000-2, 12.8.3).
const (
	subCAdES     = "ETSI.CAdES.detached"
	subTimestamp = "ETSI.RFC3161"
	subDetached  = "adbe.pkcs7.detached"
	subSHA1      = "adbe.pkcs7.sha1"
	subX509      = "adbe.x509.rsa_sha1"
)

// read parses /Contents and finds the hash of the signed range. An unknown SubFilter
// leaves everything unset.
func (c *candidate) read(memory *cms.Memory) error {
	switch c.SubFilter {
	case subCAdES, subDetached, subSHA1:
		sd, err := memory.Parse(c.contents)
		if err != nil {
			return err
		}
		c.sd, c.cert, c.bag = sd, sd.Signer, sd.Certificates
		if c.SubFilter == subSHA1 {
			c.hash = cms.SHA1 // of the range; the structure signs that digest as its content
			return nil
		}
		if c.hash, err = sd.Digest(); err != nil {
			return err
		}
		c.prefix, err = sd.Prefix()
		return err
	case subTimestamp:
		ts, err := memory.ParseTimestamp(c.contents)
		if err != nil {
			return err
		}
		c.ts, c.sd, c.cert, c.bag, c.hash = ts, ts.SignedData, ts.Signer, ts.Certificates, ts.Hash
		if c.hash == 0 {
			return ts.CheckDigest(nil)
		}
	case subX509:
		return c.readBare()
	}
	return nil
}

// verifyDigest checks whether the range with that digest is what was signed.
func (c *candidate) verifyDigest() error {
	switch c.SubFilter {
	case subCAdES, subDetached:
		c.Level = "B-B"
		if c.SubFilter == subDetached {
			c.Level = "CMS"
		}
		if c.sd.Content != nil || !c.sd.IsData() {
			return &cms.Error{Code: cms.CodeContent, Detail: "content in a detached signature"}
		}
		notes, err := c.sd.VerifyLegacy(c.digest)
		if err != nil {
			return err
		}
		return c.applyProfile(notes)
	case subSHA1:
		c.Level = "CMS"
		if !bytes.Equal(c.sd.Content, c.digest) {
			return &cms.Error{Code: cms.CodeMessageDigest, Detail: "the content is another digest"}
		}
		h, err := c.sd.Digest()
		if err != nil {
			return err
		}
		notes, err := c.sd.VerifyLegacy(h.Sum(c.sd.Content))
		if err != nil {
			return err
		}
		return c.applyProfile(append(notes, cms.WeakHash))
	case subTimestamp:
		c.Level = "TS"
		return c.ts.CheckDigest(c.digest)
	case subX509:
		c.Level = "CMS"
		notes, err := cms.CheckBare(c.cert, c.hash, c.digest, c.bare)
		if err != nil {
			return err
		}
		return c.applyProfile(notes)
	}
	return nil
}

// applyProfile applies what a profile requires. ETSI.CAdES.detached needs its attributes. The
// older profiles, and GM/T 0010, work without them, which is reported (C1). With a weak
// hash nothing passes (A32).
func (c *candidate) applyProfile(notes []cms.Note) error {
	strict := c.SubFilter == subCAdES && !c.sd.GM
	for _, n := range notes {
		switch n {
		case cms.NoAttributes:
			if strict {
				return &cms.Error{Code: cms.CodeAttributes, Detail: "no signed attributes"}
			}
			c.warn(CMSNoAttributes)
		case cms.NoSigningCert:
			if strict {
				return &cms.Error{Code: cms.CodeSigningCert, Detail: "no signing-certificate attribute"}
			}
			c.warn(CMSNoSigningCert)
		case cms.SigningCertV1:
			c.warn(CMSSigningCertV1)
		case cms.WeakHash:
			c.fail(Undetermined, CryptoConstraintsFailureNoPOE, CMSWeakHash)
		case cms.WeakKey:
			c.fail(Undetermined, CryptoConstraintsFailureNoPOE, CMSAlgorithm)
		case cms.NotCanonical:
			c.warn(CMSNotCanonical)
		case cms.Unreadable: // R17: what was changed does not pass, although it may be nobody's
			c.fail(Undetermined, NoChain, CMSMalformed)
		case cms.Respelt: // R17, likewise
			c.fail(Undetermined, NoSigningCertificate, CMSSigner)
		}
	}
	return nil
}

// readBare reads a signature that is not CMS: /Contents holds an OCTET STRING with a
// PKCS #1 value, /Cert the certificates (ISO 32000-2, 12.8.3.2).
func (c *candidate) readBare() error {
	bad := &cms.Error{Code: cms.CodeDER, Detail: "no PKCS #1 value or certificate"}
	value, ok := octets(c.contents)
	if !ok {
		return bad
	}
	for _, der := range c.certStrings {
		cert, err := cms.ParseCertificate(der)
		if err != nil {
			return bad
		}
		c.bag = append(c.bag, cert)
	}
	if len(c.bag) == 0 {
		return bad
	}
	c.cert, c.bare = c.bag[0], value
	var err error
	c.hash, err = cms.BareHash(c.cert, value)
	return err
}

func octets(b []byte) ([]byte, bool) {
	e, ok := cms.Element(b)
	if !ok || len(e) != len(b) || b[0] != 4 {
		return nil, false
	}
	head := 2
	if b[1] >= 0x80 {
		head += int(b[1] & 0x7f)
	}
	return b[head:], true
}

// keepCertStrings keeps the strings of the dictionary's /Cert.
func (v *verifier) keepCertStrings(c *candidate) {
	const limit = 32
	o, err := v.f.Resolve(c.dict.Get("Cert"))
	if err != nil {
		return
	}
	list, ok := o.(pdf.Array)
	if !ok {
		list = pdf.Array{o}
	}
	for _, e := range list {
		if s, ok := e.(pdf.String); ok && len(c.certStrings) < limit {
			c.certStrings = append(c.certStrings, s.Bytes)
		}
	}
}

// describe sets the description of the signer.
func (c *candidate) describe() {
	if c.cert == nil {
		return
	}
	c.Signer, c.SignerID = nameOf(c.cert.Subject), plain.Text(signerID(c.cert.Subject.CommonName, c.cert.Subject.SerialNumber))
	c.Issuer = nameOf(c.cert.Issuer)
	c.Algorithm, c.Digest = "RSA", c.hash.String()
	if c.sd != nil {
		c.Algorithm = c.sd.KeyAlgorithm()
		if h, err := c.sd.Digest(); err == nil {
			c.Digest = h.String()
		}
	}
}
