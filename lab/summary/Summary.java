import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.w3c.dom.NodeList;

/**
 * Prints the first and the last lines of {@code mvn verify}: first the kinds of tests and their
 * duration; last, from the reports of this build, the number of tests that ran, and the skipped
 * tests with their reasons.
 *
 * <p>Arguments: "first"; or "last", the project's folder, and the time at which the build began.
 */
final class Summary {
  private int tests;
  private final Map<String, Integer> skipped = new TreeMap<>();

  public static void main(String[] args) throws Exception {
    if (args[0].equals("first")) {
      System.out.println(
          """
          This runs the unit tests; the integration tests with a real Redis, in a browser, and on Jetty,
          Tomcat and Undertow; and ten faults of the fault lab: 15 to 20 minutes on two cores. A test whose
          tool is missing (a browser, nginx, ...) is skipped, and named at the end. -DskipITs leaves the
          unit tests. CONTRIBUTING.md has the other forms.""");
    } else {
      new Summary().print(Path.of(args[1]), Instant.parse(args[2]));
    }
  }

  private void print(Path root, Instant began) throws Exception {
    for (Path report : reports(root, began)) {
      read(report);
    }
    System.out.printf(
        "%d tests ran in %d min, and %d were skipped%s%n",
        tests - sum(),
        Duration.between(began, Instant.now()).toMinutes(),
        sum(),
        skipped.isEmpty() ? "." : ":");
    skipped.forEach((why, count) -> System.out.println("  " + count + " x " + why));
  }

  private int sum() {
    return skipped.values().stream().mapToInt(count -> count).sum();
  }

  /** The reports that this build wrote. */
  private static List<Path> reports(Path root, Instant began) throws IOException {
    try (Stream<Path> files = Files.walk(root, 5)) {
      return files
          .filter(file -> file.toString().matches(".*/target/[a-z-]*-reports.*/TEST-[^/]*\\.xml"))
          .filter(file -> isAfter(file, began))
          .toList();
    }
  }

  private static boolean isAfter(Path file, Instant began) {
    try {
      return Files.getLastModifiedTime(file).toInstant().isAfter(began);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private void read(Path report) throws Exception {
    DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
    factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
    Document document = factory.newDocumentBuilder().parse(report.toFile());
    NodeList cases = document.getElementsByTagName("testcase");
    tests += cases.getLength();
    for (int i = 0; i < cases.getLength(); i++) {
      Element test = (Element) cases.item(i);
      Node reason = test.getElementsByTagName("skipped").item(0);
      if (reason != null) {
        skipped.merge(className(test) + ": " + why((Element) reason), 1, Integer::sum);
      }
    }
  }

  /** Class of a test, without its package and the suffix that names an execution of a matrix. */
  private static String className(Element test) {
    String name = test.getAttribute("classname").replaceFirst("\\(.*", "");
    return name.substring(name.lastIndexOf('.') + 1);
  }

  private static String why(Element skipped) {
    String why = skipped.getAttribute("message");
    if (why.isEmpty()) {
      why = skipped.getTextContent().strip().replaceFirst(".*?Assumption failed: ", "");
    }
    return why.lines().findFirst().orElse("no reason given");
  }
}
