import com.itextpdf.kernel.pdf.PdfDocument;
import com.itextpdf.kernel.pdf.PdfReader;
import com.itextpdf.signatures.validation.v1.ValidatorChainBuilder;
import com.itextpdf.signatures.validation.v1.context.CertificateSource;
import com.itextpdf.signatures.validation.v1.context.TimeBasedContext;
import com.itextpdf.signatures.validation.v1.context.ValidationContext;
import com.itextpdf.signatures.validation.v1.context.ValidatorContext;
import java.io.File;

/** Prints what iText makes of the revisions of each file: Itext FILE... */
public class Itext {
    public static void main(String[] args) throws Exception {
        var context = new ValidationContext(ValidatorContext.DOCUMENT_REVISIONS_VALIDATOR, CertificateSource.SIGNER_CERT, TimeBasedContext.PRESENT);
        for (String path : args) {
            String said, why = "";
            try (var document = new PdfDocument(new PdfReader(path))) {
                var report = new ValidatorChainBuilder().buildDocumentRevisionsValidator().validateAllDocumentRevisions(context, document);
                said = report.getValidationResult().toString();
                for (var item : report.getFailures()) why += item.getMessage() + "; ";
            } catch (Exception e) {
                said = "ERROR";
                why = e.toString();
            }
            System.out.println(new File(path).getName() + "\t" + said + "\t" + why.replace('\n', ' '));
        }
    }
}
