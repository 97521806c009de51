import eu.europa.esig.validationreport.ValidationReportFacade;
import eu.europa.esig.validationreport.jaxb.SignatureValidationReportType;
import eu.europa.esig.validationreport.jaxb.ValidationReportType;
import java.io.File;
import java.util.stream.Collectors;

/** Reads ETSI TS 119 102-2 reports with EU DSS's classes, against its schema, and prints the indications in them. */
public class EtsiReport {
  public static void main(String[] args) throws Exception {
    ValidationReportFacade facade = ValidationReportFacade.newFacade();
    for (String name : args) {
      try {
        ValidationReportType report = facade.unmarshall(new File(name), true);
        for (SignatureValidationReportType s : report.getSignatureValidationReport()) {
          var id = s.getSignatureIdentifier();
          var status = s.getSignatureValidationStatus();
          System.out.println(name + "\t" + (id == null ? "(file)" : id.getId()) + "\t" + status.getMainIndication() + "\t"
              + status.getSubIndication().stream().map(String::valueOf).collect(Collectors.joining(",")) + "\t"
              + (s.getSignerInformation() == null ? "" : s.getSignerInformation().getSigner()));
        }
        System.out.println(name + "\tobjects\t" + report.getSignatureValidationObjects().getValidationObject().size());
      } catch (Exception e) {
        Throwable why = e;
        while (why.getCause() != null) {
          why = why.getCause();
        }
        System.out.println(name + "\tERROR\t" + String.valueOf(why.getMessage() == null ? why : why.getMessage()).replaceAll("\\s+", " "));
      }
    }
  }
}
