import java.io.FileInputStream;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.PDFAParser;
import org.verapdf.pdfa.PDFAValidator;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.TestAssertion;
import org.verapdf.pdfa.results.ValidationResult;

/** Prints whether files conform to a flavour of PDF/A, and what breaks it. */
public class Vera {
  public static void main(String[] args) throws Exception {
    VeraGreenfieldFoundryProvider.initialise();
    for (String arg : args) {
      String flavour = arg.substring(0, arg.indexOf(':'));
      String name = arg.substring(arg.indexOf(':') + 1);
      try (PDFAParser parser = Foundries.defaultInstance().createParser(new FileInputStream(name), PDFAFlavour.byFlavourId(flavour))) {
        PDFAValidator validator = Foundries.defaultInstance().createValidator(PDFAFlavour.byFlavourId(flavour), false);
        ValidationResult result = validator.validate(parser);
        System.out.println(name + "\t" + flavour + "\t" + (result.isCompliant() ? "COMPLIANT" : "NOT_COMPLIANT"));
        for (TestAssertion a : result.getTestAssertions()) {
          if (a.getStatus() == TestAssertion.Status.FAILED) {
            System.out.println("  " + a.getRuleId() + " " + a.getMessage() + " at " + a.getLocation().getContext());
          }
        }
      }
    }
  }
}
