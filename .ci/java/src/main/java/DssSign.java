import eu.europa.esig.dss.enumerations.DigestAlgorithm;
import eu.europa.esig.dss.enumerations.SignatureLevel;
import eu.europa.esig.dss.model.DSSDocument;
import eu.europa.esig.dss.model.FileDocument;
import eu.europa.esig.dss.model.SignatureValue;
import eu.europa.esig.dss.model.TimestampBinary;
import eu.europa.esig.dss.model.ToBeSigned;
import eu.europa.esig.dss.model.x509.CertificateToken;
import eu.europa.esig.dss.pades.PAdESSignatureParameters;
import eu.europa.esig.dss.pades.signature.PAdESService;
import eu.europa.esig.dss.spi.DSSUtils;
import eu.europa.esig.dss.spi.validation.CommonCertificateVerifier;
import eu.europa.esig.dss.spi.x509.CommonTrustedCertificateSource;
import eu.europa.esig.dss.spi.x509.revocation.crl.CRLSource;
import eu.europa.esig.dss.spi.x509.revocation.crl.CRLToken;
import eu.europa.esig.dss.spi.x509.tsp.TSPSource;
import java.io.File;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import org.bouncycastle.tsp.TimeStampRequestGenerator;
import org.bouncycastle.tsp.TimeStampResponse;

/** Signs a file with EU DSS at every level: DssSign AUTHORITY IN OUTDIR */
public class DssSign {
  static final HttpClient http = HttpClient.newHttpClient();

  static byte[] get(String url) throws Exception {
    return http.send(HttpRequest.newBuilder(URI.create(url)).build(), HttpResponse.BodyHandlers.ofByteArray()).body();
  }

  public static void main(String[] args) throws Exception {
    Path dir = Path.of(args[0]);
    String url = Files.readString(dir.resolve("url"));
    CertificateToken cert = DSSUtils.loadCertificate(new File(args[0], "cert.pem"));
    CertificateToken chain = DSSUtils.loadCertificate(new File(args[0], "chain.pem"));
    CertificateToken root = DSSUtils.loadCertificate(new File(args[0], "roots.pem"));
    String pem = Files.readString(dir.resolve("key.pem")).replaceAll("-----.*-----", "").replaceAll("\\s", "");
    PrivateKey key = KeyFactory.getInstance("RSA").generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(pem)));
    CommonTrustedCertificateSource trusted = new CommonTrustedCertificateSource();
    trusted.addCertificate(root);
    TSPSource tsp = (digestAlgorithm, digest) -> {
      try {
        TimeStampRequestGenerator g = new TimeStampRequestGenerator();
        g.setCertReq(true);
        byte[] body = g.generate(new org.bouncycastle.asn1.ASN1ObjectIdentifier(digestAlgorithm.getOid()), digest, java.math.BigInteger.valueOf(digest[0] + 1000)).getEncoded();
        byte[] answer = http.send(HttpRequest.newBuilder(URI.create(url + "/tsa")).header("Content-Type", "application/timestamp-query")
            .POST(HttpRequest.BodyPublishers.ofByteArray(body)).build(), HttpResponse.BodyHandlers.ofByteArray()).body();
        return new TimestampBinary(new TimeStampResponse(answer).getTimeStampToken().getEncoded());
      } catch (Exception e) {
        throw new RuntimeException(e);
      }
    };
    CRLSource crls = new CRLSource() {
      public CRLToken getRevocationToken(CertificateToken c, CertificateToken issuer) {
        try {
          String name = issuer.equals(root) ? "/root.crl" : "/issuing.crl";
          var binary = eu.europa.esig.dss.crl.CRLUtils.buildCRLBinary(get(url + name));
          CRLToken token = new CRLToken(c, eu.europa.esig.dss.crl.CRLUtils.buildCRLValidity(binary, issuer));
          token.setExternalOrigin(eu.europa.esig.dss.enumerations.RevocationOrigin.EXTERNAL);
          return token;
        } catch (Exception e) {
          throw new RuntimeException(e);
        }
      }
    };
    for (String level : new String[] {"B", "T", "LT", "LTA"}) {
      CommonCertificateVerifier verifier = new CommonCertificateVerifier();
      verifier.addTrustedCertSources(trusted);
      verifier.setCrlSource(crls);
      PAdESService service = new PAdESService(verifier);
      service.setTspSource(tsp);
      DSSDocument document = new FileDocument(new File(args[1]));
      for (int i = 1; i <= 2; i++) {
        PAdESSignatureParameters p = new PAdESSignatureParameters();
        p.setSignatureLevel(SignatureLevel.valueOf("PAdES_BASELINE_" + level));
        p.setDigestAlgorithm(DigestAlgorithm.SHA256);
        p.setSigningCertificate(cert);
        p.setCertificateChain(cert, chain);
        ToBeSigned data = service.getDataToSign(document, p);
        Signature s = Signature.getInstance("SHA256withRSA");
        s.initSign(key);
        s.update(data.getBytes());
        document = service.signDocument(document, p, new SignatureValue(eu.europa.esig.dss.enumerations.SignatureAlgorithm.RSA_SHA256, s.sign()));
        document.save(Path.of(args[2], "dss-" + (i == 1 ? "" : "twice-") + "B-" + (level.equals("B") ? "B" : level) + ".pdf").toString());
      }
    }
  }
}
