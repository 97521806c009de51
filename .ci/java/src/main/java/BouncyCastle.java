import java.io.ByteArrayOutputStream;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Security;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bouncycastle.asn1.ASN1InputStream;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.ASN1Primitive;
import org.bouncycastle.asn1.ASN1Sequence;
import org.bouncycastle.asn1.cms.Attribute;
import org.bouncycastle.asn1.cms.CMSAttributes;
import org.bouncycastle.asn1.cms.SignedData;
import org.bouncycastle.asn1.cms.SignerInfo;
import org.bouncycastle.asn1.x509.Certificate;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.crypto.digests.SM3Digest;
import org.bouncycastle.jce.provider.BouncyCastleProvider;

/** Judges the last signature of SM2 files with BouncyCastle alone, for plain and for GM/T 0010 content types. */
public class BouncyCastle {
  public static void main(String[] args) throws Exception {
    Security.addProvider(new BouncyCastleProvider());
    for (String name : args) {
      System.out.println(name + "\t" + judge(Files.readAllBytes(Path.of(name))));
    }
  }

  static String judge(byte[] file) throws Exception {
    String text = new String(file, StandardCharsets.ISO_8859_1);
    Matcher m = Pattern.compile("/ByteRange \\[0 (\\d+) (\\d+) (\\d+)\\]").matcher(text);
    int b = -1, c = 0, d = 0;
    while (m.find()) {
      b = Integer.parseInt(m.group(1));
      c = Integer.parseInt(m.group(2));
      d = Integer.parseInt(m.group(3));
    }
    if (b < 0 || c + d != file.length) return "NO_SIGNATURE";
    byte[] hex = Arrays.copyOfRange(file, b + 1, c - 1);
    byte[] der = new byte[hex.length / 2];
    for (int i = 0; i < der.length; i++) {
      der[i] = (byte) Integer.parseInt(new String(hex, 2 * i, 2, StandardCharsets.ISO_8859_1), 16);
    }
    ASN1Primitive top = new ASN1InputStream(der).readObject();
    ASN1Sequence info = (ASN1Sequence) top;
    String type = ((ASN1ObjectIdentifier) info.getObjectAt(0)).getId();
    SignedData sd = SignedData.getInstance(((org.bouncycastle.asn1.ASN1TaggedObject) info.getObjectAt(1)).getExplicitBaseObject());
    SignerInfo si = SignerInfo.getInstance(sd.getSignerInfos().getObjectAt(0));
    SM3Digest digest = new SM3Digest();
    digest.update(file, 0, b);
    digest.update(file, c, d);
    byte[] sum = new byte[32];
    digest.doFinal(sum, 0);
    boolean matches = false;
    for (Object o : si.getAuthenticatedAttributes()) {
      Attribute a = Attribute.getInstance(o);
      if (a.getAttrType().equals(CMSAttributes.messageDigest)) {
        matches = Arrays.equals(org.bouncycastle.asn1.ASN1OctetString.getInstance(a.getAttrValues().getObjectAt(0)).getOctets(), sum);
      }
    }
    boolean verified = false;
    for (Object o : sd.getCertificates()) {
      var cert = new JcaX509CertificateConverter().setProvider("BC").getCertificate(new X509CertificateHolder(Certificate.getInstance(o)));
      java.security.Signature s = java.security.Signature.getInstance("SM3withSM2", "BC");
      s.initVerify(cert.getPublicKey());
      s.update(si.getAuthenticatedAttributes().getEncoded("DER"));
      verified |= s.verify(si.getEncryptedDigest().getOctets());
    }
    return (matches && verified ? "VALID" : "INVALID") + "\t" + type;
  }
}
