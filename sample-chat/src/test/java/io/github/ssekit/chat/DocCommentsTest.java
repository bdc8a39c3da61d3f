package io.github.ssekit.chat;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The comments of the code. Doclint's group {@code missing}, without its demand for a tag on each
 * parameter and result: each public or protected member has a comment, and each checked exception a
 * {@code @throws}. And a rule of our own for the first word.
 */
class DocCommentsTest {
  private static final Path ROOT = Path.of(System.getProperty("ssekit.root", ".."));

  @TempDir private Path scratch;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "sse-core",
        "sse-redis",
        "sse-servlet",
        "sse-micrometer",
        "sse-client",
        "sse-testing",
        "ssekit-spring-boot-starter"
      })
  void publicMembersHaveComments(String module) throws IOException {
    assertEquals(List.of(), missing(ROOT.resolve(module).resolve("src/main/java")));
  }

  @Test
  void theCheckFindsWhatIsMissing() throws IOException {
    String source =
        """
        /** Has a comment. */
        public class Undocumented {
          /** Has a comment. */
          protected Undocumented(int parameter) {}
          public int field;
          /** Has a comment. */
          public int method() throws java.io.IOException { return 0; }
          int hidden;
        }
        """;
    Files.writeString(scratch.resolve("Undocumented.java"), source);
    assertEquals(
        List.of(
            "Undocumented.java:5: no comment",
            "Undocumented.java:7: no @throws for java.io.IOException"),
        missing(scratch));
  }

  /** CONTRIBUTING.md, "Words". */
  @Test
  void noCommentBeginsWithAPronounInPlaceOfItsNoun() throws IOException {
    assertEquals(List.of(), pronouns(ROOT));
    Files.writeString(
        scratch.resolve("Riddles.java"),
        "/**\n * What a riddle says.\n */\nint x; /" + "/ Those of x.");
    assertEquals(
        List.of("Riddles.java: What a riddle says.", "Riddles.java: Those of x."),
        pronouns(scratch));
  }

  private static List<String> pronouns(Path folder) throws IOException {
    Pattern beginning =
        Pattern.compile("(?://|/\\*\\*?)[\\s*]*((?:What|Who|Whose|Whom|Whoever|Those|None)\\b.*)");
    List<String> found = new ArrayList<>();
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path file :
          all.filter(path -> path.toString().endsWith(".java"))
              .filter(path -> !path.toString().contains("/target/"))
              .toList()) {
        beginning
            .matcher(Files.readString(file))
            .results()
            .forEach(comment -> found.add(file.getFileName() + ": " + comment.group(1)));
      }
    }
    return found;
  }

  private List<String> missing(Path sources) throws IOException {
    JavaCompiler javac = ToolProvider.getSystemJavaCompiler();
    DiagnosticCollector<JavaFileObject> found = new DiagnosticCollector<>();
    List<String> options =
        List.of(
            "-Xdoclint:missing/protected",
            "-Xmaxwarns",
            "10000",
            "-proc:none",
            "-classpath",
            System.getProperty("java.class.path"),
            "-d",
            Files.createDirectories(scratch.resolve("classes")).toString(),
            // Optional dependencies, such as Undertow, are not on this class path.
            "--should-stop=ifError=FLOW");
    try (StandardJavaFileManager files = javac.getStandardFileManager(found, Locale.ROOT, null);
        Stream<Path> all = Files.walk(sources)) {
      List<Path> paths =
          all.filter(path -> path.toString().endsWith(".java"))
              .filter(path -> !path.endsWith("module-info.java"))
              .toList();
      javac
          .getTask(null, files, found, options, null, files.getJavaFileObjectsFromPaths(paths))
          .call();
    }
    return found.getDiagnostics().stream()
        .filter(each -> each.getMessage(Locale.ROOT).matches("no (comment|@throws).*"))
        .map(DocCommentsTest::line)
        .toList();
  }

  private static String line(Diagnostic<? extends JavaFileObject> each) {
    return Path.of(each.getSource().getName()).getFileName()
        + ":"
        + each.getLineNumber()
        + ": "
        + each.getMessage(Locale.ROOT);
  }
}
