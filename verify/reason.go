package verify

// Reason is the code of one finding. The prefix names the stage that found it.
type Reason string

// Findings about the structure of the file.
const (
	StructUnreadable    Reason = "STRUCT_UNREADABLE"     // the file cannot be parsed strictly
	StructNotPDF        Reason = "STRUCT_NOT_PDF"        // the file has no PDF header
	StructEncrypted     Reason = "STRUCT_ENCRYPTED"      // the file is encrypted and cannot be checked
	StructRevision      Reason = "STRUCT_REVISION"       // a revision does not end as it must, or holds bytes it does not declare
	StructTrailingBytes Reason = "STRUCT_TRAILING_BYTES" // bytes behind the last %%EOF
	StructHybrid        Reason = "STRUCT_HYBRID"         // a hybrid file: a warning; among the reasons of the document where its table and its stream disagree
	StructAmbiguous     Reason = "STRUCT_AMBIGUOUS"      // warning: other readers could read the signed revision otherwise
	LimitExceeded       Reason = "LIMIT_EXCEEDED"        // the file asks for more than the limits allow
)

// Findings about a signature's place in the file.
const (
	SigUnreachable      Reason = "SIG_UNREACHABLE"        // a signature that the form no longer reaches
	SigByteRange        Reason = "SIG_BYTERANGE"          // /ByteRange is absent or breaks its form
	SigContents         Reason = "SIG_CONTENTS"           // /Contents is absent, not where /ByteRange says, or not hexadecimal
	SigContentsPadding  Reason = "SIG_CONTENTS_PADDING"   // bytes other than zero behind the signature in /Contents
	SigDuplicateKey     Reason = "SIG_DUPLICATE_KEY"      // the signature dictionary has a key twice
	SigCompressed       Reason = "SIG_COMPRESSED"         // the signature dictionary stands in an object stream
	SigCoverage         Reason = "SIG_COVERAGE"           // the signed range does not end where a revision does
	SigCrossing         Reason = "SIG_CROSSING"           // two signed ranges cross
	SigShared           Reason = "SIG_SHARED"             // one signature is the value of several fields
	SigUnsupported      Reason = "SIG_UNSUPPORTED"        // a SubFilter that is not known here
	SigChanged          Reason = "SIG_CHANGED"            // the document changed more than the policy allows
	SigDocMDP           Reason = "SIG_DOCMDP"             // a certification's permission was exceeded or is out of place
	SigFieldLock        Reason = "SIG_FIELD_LOCK"         // a field that this signature locks was changed
	SigClaimedTimeLater Reason = "SIG_CLAIMED_TIME_LATER" // warning: /M lies after the timestamp
)

// Findings about the CMS structure.
const (
	CMSMalformed     Reason = "CMS_MALFORMED"       // not a strict, bounded SignedData
	CMSContent       Reason = "CMS_CONTENT"         // content where none may be
	CMSAttributes    Reason = "CMS_ATTRIBUTES"      // signed attributes absent, doubled or not canonical
	CMSDigest        Reason = "CMS_DIGEST"          // the document's digest is not the signed one
	CMSSignature     Reason = "CMS_SIGNATURE"       // the signature value does not verify
	CMSSigningCert   Reason = "CMS_SIGNING_CERT"    // the signing-certificate attribute does not match
	CMSSigner        Reason = "CMS_SIGNER"          // not exactly one signer with one certificate
	CMSAlgorithm     Reason = "CMS_ALGORITHM"       // an algorithm or key that is weak, unknown or inconsistent
	CMSNotCanonical  Reason = "CMS_NOT_CANONICAL"   // warning: BER where DER is due, or a set out of order
	CMSWeakHash      Reason = "CMS_WEAK_HASH"       // SHA-1, MD5 or another weak hash: it does not prove who made the document
	CMSNoAttributes  Reason = "CMS_NO_ATTRIBUTES"   // warning: no signed attributes, as old profiles allow
	CMSNoSigningCert Reason = "CMS_NO_SIGNING_CERT" // warning: no attribute binds the certificate, as old profiles allow
	CMSSigningCertV1 Reason = "CMS_SIGNING_CERT_V1" // warning: the certificate is bound by its SHA-1
	CMSUnsignedExtra Reason = "CMS_UNSIGNED_EXTRA"  // unknown unsigned attributes: a timestamp under another name would not be seen
)

// Findings about certificates, time and revocation.
const (
	NoCertificateChainFound Reason = "NO_CERTIFICATE_CHAIN_FOUND" // no path to a trust anchor
	ChainConstraints        Reason = "CHAIN_CONSTRAINTS"          // the path breaks RFC 5280
	ChainKeyUsage           Reason = "CHAIN_KEY_USAGE"            // the signer's certificate is not for signing
	ChainExpired            Reason = "CHAIN_EXPIRED"              // a certificate had expired at the relevant time
	ChainNotYetValid        Reason = "CHAIN_NOT_YET_VALID"        // a certificate was not yet valid at the relevant time
	TimeToken               Reason = "TIME_TOKEN"                 // the timestamp token does not verify
	TimeWeak                Reason = "TIME_WEAK"                  // warning: the timestamp rests on a weak algorithm, and proves no time
	TimeUntrusted           Reason = "TIME_UNTRUSTED"             // the timestamp's authority is not trusted
	TimeFuture              Reason = "TIME_FUTURE"                // the timestamp lies after the time of validation
	TimeOrder               Reason = "TIME_ORDER"                 // a document timestamp is later than the one that covers it
	RevocationRevoked       Reason = "REVOCATION_REVOKED"         // a certificate was revoked at the relevant time
	RevocationStale         Reason = "REVOCATION_STALE"           // evidence about revocation ended before the relevant time; as a warning: about a time stamping authority
	RevocationNotChecked    Reason = "REVOCATION_NOT_CHECKED"     // warning: revocation was not checked
	RevocationNoData        Reason = "REVOCATION_NO_DATA"         // no evidence about revocation
)
