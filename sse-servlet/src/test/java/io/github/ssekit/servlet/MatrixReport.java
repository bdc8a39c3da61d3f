package io.github.ssekit.servlet;

import static java.util.Comparator.comparing;
import static java.util.Comparator.naturalOrder;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.TestWatcher;

/**
 * The matrix's report: a file of rows for each container and class of tests below {@code
 * target/matrix}, and the table of all in {@code target/containers.md}.
 */
final class MatrixReport implements BeforeEachCallback, TestWatcher, AfterAllCallback {
  private static final Path ROWS = Path.of("target", "matrix");
  private static final ConcurrentLinkedQueue<String> NOTES = new ConcurrentLinkedQueue<>();
  private static final List<String> RESULTS = new ArrayList<>();

  private static Protocol protocol;

  /** Adds a figure to the running test's result. */
  static void note(String text) {
    NOTES.add(text);
  }

  @Override
  public void beforeEach(ExtensionContext context) {
    NOTES.clear();
    protocol = ((Cell) context.getRequiredTestInstance()).protocol;
  }

  @Override
  public void testSuccessful(ExtensionContext context) {
    add(context, NOTES.isEmpty() ? "yes" : String.join("; ", NOTES));
  }

  @Override
  public void testAborted(ExtensionContext context, Throwable cause) {
    add(context, "skipped: " + cause.getMessage());
  }

  @Override
  public void testFailed(ExtensionContext context, Throwable cause) {
    add(context, "FAILED");
  }

  private static void add(ExtensionContext context, String result) {
    Point point = context.getRequiredTestMethod().getAnnotation(Point.class);
    if (point != null) {
      RESULTS.add(String.join("\t", Server.CONTAINER, protocol.title, point.value(), result));
    }
  }

  @Override
  public void afterAll(ExtensionContext context) throws IOException {
    Optional<Class<?>> parent = context.getParent().flatMap(ExtensionContext::getTestClass);
    if (parent.isPresent()) {
      return; // One protocol is done.
    }
    Files.createDirectories(ROWS);
    String name = Server.CONTAINER + "-" + context.getRequiredTestClass().getSimpleName() + ".txt";
    write(ROWS.resolve(name), RESULTS);
    RESULTS.clear();
    write(ROWS.resolveSibling("containers.md"), table());
  }

  /** Replaces the file atomically, since another test class may read it meanwhile. */
  private static void write(Path file, List<String> lines) throws IOException {
    Path draft = Files.createTempFile(ROWS.getParent(), "matrix", ".txt");
    Files.write(draft, lines);
    Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE);
  }

  /** The number of a point. A point without a number comes after all others. */
  private static int number(String point) {
    String digits = point.replaceFirst("\\D.*", "");
    return digits.isEmpty() ? Integer.MAX_VALUE : Integer.parseInt(digits);
  }

  /** A table for each point, a row for each container, a column for each protocol. */
  private static List<String> table() throws IOException {
    Map<String, Map<String, Map<String, String>>> points =
        new TreeMap<>(comparing(MatrixReport::number).thenComparing(naturalOrder()));
    try (Stream<Path> files = Files.list(ROWS)) {
      for (Path file : files.sorted().toList()) {
        for (String line : Files.readAllLines(file)) {
          String[] row = line.split("\t", -1);
          points
              .computeIfAbsent(row[2], p -> new TreeMap<>())
              .computeIfAbsent(row[0], c -> new TreeMap<>())
              .merge(row[1], row[3], (a, b) -> b.equals("yes") ? a : a + "; " + b);
        }
      }
    }
    List<String> lines = new ArrayList<>();
    points.forEach(
        (point, containers) -> {
          lines.add("### " + point);
          lines.add("");
          StringBuilder head = new StringBuilder("| |");
          StringBuilder rule = new StringBuilder("|---|");
          for (Protocol p : Protocol.values()) {
            head.append(' ').append(p.title).append(" |");
            rule.append("---|");
          }
          lines.add(head.toString());
          lines.add(rule.toString());
          containers.forEach(
              (container, results) -> {
                StringBuilder row = new StringBuilder("| " + container + " |");
                for (Protocol p : Protocol.values()) {
                  row.append(' ').append(results.getOrDefault(p.title, "-")).append(" |");
                }
                lines.add(row.toString());
              });
          lines.add("");
        });
    return lines;
  }
}
