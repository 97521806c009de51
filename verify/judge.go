package verify

import (
	"crypto/x509"
	"errors"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/cms"
	"github.com/dajiaqian/dajiaqian/internal/pdf"
)

// cmsFailure translates a fault of the CMS structure.
func (c *candidate) cmsFailure(err error) {
	var e *cms.Error
	if !errors.As(err, &e) {
		c.fail(TotalFailed, FormatFailure, CMSMalformed)
		return
	}
	switch e.Code {
	case cms.CodeContent:
		c.fail(TotalFailed, FormatFailure, CMSContent)
	case cms.CodeSignerInfos, cms.CodeSigner:
		c.fail(TotalFailed, FormatFailure, CMSSigner)
	case cms.CodeAttributes:
		c.fail(TotalFailed, FormatFailure, CMSAttributes)
	case cms.CodeMessageDigest:
		c.fail(TotalFailed, HashFailure, CMSDigest)
	case cms.CodeSigningCert:
		c.fail(TotalFailed, SigConstraintsFailure, CMSSigningCert)
	case cms.CodeAlgorithm:
		c.fail(TotalFailed, CryptoConstraintsFailure, CMSAlgorithm)
	case cms.CodeSignature:
		c.fail(TotalFailed, SigCryptoFailure, CMSSignature)
	case cms.CodeTimestamp:
		c.fail(TotalFailed, FormatFailure, TimeToken)
	default:
		c.fail(TotalFailed, FormatFailure, CMSMalformed)
	}
}

// judgeCMS answers whether the covered bytes are the signed ones.
func (v *verifier) judgeCMS(c *candidate) {
	c.describe()
	if t, ok := pdf.ParseDate(c.dict.Get("M")); ok {
		c.SigningTime, c.TimeSource = t, TimeClaimed
	}
	switch c.SubFilter {
	case subCAdES, subDetached, subSHA1, subTimestamp, subX509:
	default:
		c.Level = "CMS"
		if c.placed {
			c.fail(Undetermined, FormatFailure, SigUnsupported)
		}
	}
	if c.digest == nil {
		return
	}
	if (c.SubFilter == subTimestamp) != (c.Kind == KindTimestamp) {
		c.fail(TotalFailed, FormatFailure, CMSContent)
		return
	}
	if err := c.verifyDigest(); err != nil {
		c.cmsFailure(err)
		return
	}
	c.Intact = true
}

// judgeTrust answers who signed and when. The time that counts is the
// timestamp's where one holds, else the time of validation: a claimed time
// proves nothing (C15).
func (v *verifier) judgeTrust(c *candidate) {
	if !c.Intact {
		return
	}
	if c.Kind == KindTimestamp {
		ts, err := cms.ParseTimestamp(c.contents)
		if err != nil {
			c.cmsFailure(err)
			return
		}
		c.SigningTime, c.TimeSource = ts.Time, TimeTimestamp
		c.Trusted = v.trustTSA(c, ts)
		v.revocation(c)
		return
	}
	at := v.policy.Time
	if c.sd == nil {
		c.Trusted = v.trustSigner(c, at)
		v.revocation(c)
		return
	}
	token, other := c.sd.TimestampToken()
	if other {
		c.fail(Undetermined, SigConstraintsFailure, CMSUnsignedExtra)
	}
	if token != nil {
		ts, err := cms.ParseTimestamp(token)
		if err == nil {
			err = ts.Check(c.sd.SignatureValue())
		}
		if err != nil {
			c.fail(TotalFailed, FormatFailure, TimeToken)
			return
		}
		if v.trustTSA(c, ts) {
			if c.TimeSource == TimeClaimed && c.SigningTime.After(ts.Time.Add(time.Minute)) {
				c.warn(SigClaimedTimeLater)
			}
			at = ts.Time
			c.SigningTime, c.TimeSource, c.Level = ts.Time, TimeTimestamp, "B-T"
		}
	}
	c.Trusted = v.trustSigner(c, at)
	v.revocation(c)
}

func (v *verifier) trustSigner(c *candidate, at time.Time) bool {
	cert := c.cert
	const signing = x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment
	if cert.KeyUsage != 0 && cert.KeyUsage&signing == 0 {
		c.fail(Undetermined, ChainConstraintsFailure, ChainKeyUsage)
		return false
	}
	return v.path(c, c.cert, c.bag, at, x509.ExtKeyUsageAny)
}

// trustTSA judges a timestamp's authority at the time of validation.
func (v *verifier) trustTSA(c *candidate, ts *cms.Timestamp) bool {
	const skew = 5 * time.Minute
	if ts.Time.After(v.policy.Time.Add(skew)) {
		c.fail(Undetermined, TimestampOrderFailure, TimeFuture)
		return false
	}
	before := len(c.Reasons)
	if v.path(c, ts.Signer, ts.Certificates, v.policy.Time, x509.ExtKeyUsageTimeStamping) {
		return true
	}
	if len(c.Reasons) > before {
		c.fail(Undetermined, NoChain, TimeUntrusted)
	}
	return false
}

// path looks for a chain from the signer to an anchor (RFC 5280, 6).
func (v *verifier) path(c *candidate, leaf *x509.Certificate, bag []*x509.Certificate, at time.Time, usage x509.ExtKeyUsage) bool {
	pool := x509.NewCertPool()
	for _, cert := range bag {
		if cert != leaf {
			pool.AddCert(cert)
		}
	}
	chains, err := leaf.Verify(x509.VerifyOptions{Roots: v.policy.Roots, Intermediates: pool,
		CurrentTime: at, KeyUsages: []x509.ExtKeyUsage{usage}})
	var invalid x509.CertificateInvalidError
	switch {
	case err == nil:
		for _, cert := range chains[0] {
			if cms.CheckKey(cert.PublicKey) != nil {
				c.fail(Undetermined, CryptoConstraintsFailure, CMSAlgorithm)
				return false
			}
		}
		return true
	case errors.As(err, &x509.UnknownAuthorityError{}):
		c.fail(Undetermined, NoChain, NoCertificateChainFound)
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired && at.Before(invalid.Cert.NotBefore):
		c.fail(Undetermined, NotYetValid, ChainNotYetValid)
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		c.fail(Undetermined, OutOfBoundsNoPOE, ChainExpired)
	default:
		c.fail(Undetermined, ChainConstraintsFailure, ChainConstraints)
	}
	return false
}

func (v *verifier) revocation(c *candidate) {
	if !c.Trusted {
		return
	}
	if v.policy.Revocation == UnsafeSkipRevocation {
		c.warn(RevocationNotChecked)
		return
	}
	c.fail(Undetermined, TryLater, RevocationNoData)
}

// conclude turns the answers into the signature's indication.
func (c *candidate) conclude(p Policy) {
	if c.Intact && c.Changes > p.MaxChange {
		c.fail(TotalFailed, FormatFailure, SigChanged)
	}
	if c.Intact && c.Changes == ChangeUnchecked {
		c.fail(TotalFailed, FormatFailure, SigChanged)
	}
	if len(c.Reasons) == 0 && c.Intact && c.Trusted {
		c.Indication = TotalPassed
	}
}
