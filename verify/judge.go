package verify

import (
	"errors"

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
		c.fail(TotalFailed, FormatFailure, CMSSigningCert)
	case cms.CodeAlgorithm:
		c.fail(TotalFailed, FormatFailure, CMSAlgorithm)
	case cms.CodeUnsupported, cms.CodeWeak: // EN 319 102-1, table 5: what cannot be judged is no forgery
		c.fail(Undetermined, CryptoConstraintsFailureNoPOE, CMSAlgorithm)
	case cms.CodeSignature:
		c.fail(TotalFailed, SigCryptoFailure, CMSSignature)
	case cms.CodeTimestamp:
		c.fail(TotalFailed, FormatFailure, TimeToken)
	default:
		c.fail(TotalFailed, FormatFailure, CMSMalformed)
	}
}

// judgeCMS decides whether the covered bytes are the signed ones (A6).
func (v *verifier) judgeCMS(c *candidate) {
	c.describe()
	if t, ok := pdf.ParseDate(c.dict.Get("M")); ok {
		c.SigningTime, c.TimeSource = t, TimeClaimed
	} else if c.sd != nil && c.Kind == KindSignature && !c.sd.SigningTime().IsZero() {
		c.SigningTime, c.TimeSource = c.sd.SigningTime(), TimeClaimed
	}
	c.claimed = c.SigningTime
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
		// The digest of the range was compared before the algorithm of the value was met.
		c.Intact = isWeak(err) && c.sd != nil && c.sd.Attributed()
		return
	}
	c.Intact = true
}

// isWeak reports whether an error says that an algorithm is weak, or not known here.
func isWeak(err error) bool {
	e, ok := errors.AsType[*cms.Error](err)
	return ok && (e.Code == cms.CodeWeak || e.Code == cms.CodeUnsupported)
}

// conclude turns the answers into the signature's indication.
func (c *candidate) conclude(p Policy) {
	if c.Intact && c.ChangeLevel > p.MaxChange {
		c.fail(TotalFailed, FormatFailure, SigChanged)
	}
	if c.Intact && c.ChangeLevel == ChangeUnchecked {
		c.fail(TotalFailed, FormatFailure, SigChanged)
	}
	if len(c.Reasons) == 0 && c.Intact && c.Trusted {
		c.Indication = TotalPassed
	}
}
