import java.io.FileInputStream;

import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.PDFAParser;
import org.verapdf.pdfa.PDFAValidator;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.TestAssertion;
import org.verapdf.pdfa.results.ValidationResult;

/** Says of each file whether it is PDF/A-3a and PDF/UA-1: a line each, and what speaks against. */
class Validate {
    public static void main(String[] files) throws Exception {
        VeraGreenfieldFoundryProvider.initialise();
        for (String file : files)
            for (String name : new String[] {"3a", "ua1"}) {
                PDFAFlavour flavour = PDFAFlavour.byFlavourId(name);
                try (PDFAParser parser =
                        Foundries.defaultInstance().createParser(new FileInputStream(file), flavour)) {
                    PDFAValidator validator =
                        Foundries.defaultInstance().createValidator(flavour, 5, false, false, false);
                    ValidationResult result = validator.validate(parser);
                    System.out.println(
                        file + " " + name + " " + (result.isCompliant() ? "compliant" : "NOT"));
                    for (TestAssertion each : result.getTestAssertions())
                        System.out.println("  " + each.getRuleId() + " " + each.getMessage()
                            + " " + each.getLocation().getContext());
                }
            }
    }
}
