import eu.europa.esig.dss.diagnostic.SignatureWrapper;
import eu.europa.esig.dss.diagnostic.TimestampWrapper;
import eu.europa.esig.dss.enumerations.TimestampType;
import eu.europa.esig.dss.model.FileDocument;
import eu.europa.esig.dss.spi.DSSUtils;
import eu.europa.esig.dss.spi.validation.CommonCertificateVerifier;
import eu.europa.esig.dss.spi.x509.CommonTrustedCertificateSource;
import eu.europa.esig.dss.validation.SignedDocumentValidator;
import java.io.FileInputStream;
import java.io.File;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import eu.europa.esig.dss.model.x509.CertificateToken;

/** Prints, for every signature that EU DSS finds, what it says of it. */
public class Dss {
  public static void main(String[] args) throws Exception {
    CommonTrustedCertificateSource trusted = new CommonTrustedCertificateSource();
    CertificateFactory factory = CertificateFactory.getInstance("X.509", new org.bouncycastle.jce.provider.BouncyCastleProvider());
    try (FileInputStream in = new FileInputStream(new File(args[0], "roots.pem"))) {
      for (java.security.cert.Certificate c : factory.generateCertificates(in)) {
        if (!((X509Certificate) c).getSigAlgOID().startsWith("1.2.156.")) { // EU DSS does not know SM2
          trusted.addCertificate(new CertificateToken((X509Certificate) c));
        }
      }
    }
    // The files of levels without revocation data are judged with the CRLs of the CA's directory.
    File[] lists = new File(args[0]).listFiles((d, n) -> n.endsWith(".crl") && !n.startsWith("sm2"));
    var crls = new eu.europa.esig.dss.spi.x509.revocation.crl.ExternalResourcesCRLSource(
        java.util.Arrays.stream(lists).map(f -> { try { return new FileInputStream(f); } catch (Exception e) { throw new RuntimeException(e); } }).toArray(java.io.InputStream[]::new));
    for (int i = 1; i < args.length; i++) {
      String name = args[i];
      String password = null;
      int at = name.indexOf("::");
      if (at >= 0) {
        password = name.substring(at + 2);
        name = name.substring(0, at);
      }
      try {
        CommonCertificateVerifier verifier = new CommonCertificateVerifier();
        verifier.addTrustedCertSources(trusted);
        verifier.setCrlSource(crls);
        SignedDocumentValidator validator = SignedDocumentValidator.fromDocument(new FileDocument(new File(name)));
        if (password != null) {
          ((eu.europa.esig.dss.pades.validation.PDFDocumentValidator) validator).setPasswordProtection(password.toCharArray());
        }
        validator.setCertificateVerifier(verifier);
        var reports = validator.validateDocument();
        var diagnostic = reports.getDiagnosticData();
        var simple = reports.getSimpleReport();
        for (SignatureWrapper s : diagnostic.getSignatures()) {
          System.out.println(name + "\t" + s.getFirstFieldName() + "\t" + simple.getIndication(s.getId()) + "\t"
              + simple.getSubIndication(s.getId()) + "\t" + s.getSignatureFormat() + "\tintact=" + (s.isSignatureIntact() && s.isSignatureValid())
              + "\tdiff=" + s.arePdfModificationsDetected() + "/" + s.arePdfObjectModificationsDetected());
        }
        for (TimestampWrapper t : diagnostic.getTimestampList()) {
          if (t.getType() == TimestampType.DOCUMENT_TIMESTAMP) {
            System.out.println(name + "\t(timestamp)\tintact=" + (t.isSignatureIntact() && t.isMessageImprintDataIntact()));
          }
        }
        if (System.getenv("DSS_REPORT") != null) {
          System.out.println(reports.getXmlSimpleReport());
        }
      } catch (Exception e) {
        System.out.println(name + "\tERROR\t" + e);
      }
    }
  }
}
