package io.github.ssekit.chat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The comments of public types: each has an example, or a link to a type that has one. The examples
 * compile, and are short. The starter's own tests check the examples of the starter.
 */
class ExamplesTest {
  private static final Path ROOT = Path.of(System.getProperty("ssekit.root", ".."));

  private static final List<String> MODULES =
      List.of(
          "sse-core", "sse-redis", "sse-servlet", "sse-micrometer", "sse-client", "sse-testing");

  private static final int MAX_LINES = 8;

  /** A comment, and the public type behind it. */
  private static final Pattern TYPE =
      Pattern.compile(
          "^/\\*\\*((?:(?!\\*/).)*)\\*/\\s*(?:^@[^\n]*\n)*"
              + "^public [^\n]*?\\b(?:class|interface|record|enum) (\\w+)",
          Pattern.DOTALL | Pattern.MULTILINE);

  private static final Pattern EXAMPLE =
      Pattern.compile("<pre>\\{@code\n(.*?)\n *\\* }</pre>", Pattern.DOTALL);

  private static final Pattern LINK =
      Pattern.compile("\\{@link(?:plain)?\\s+(?:\\*\\s+)?(?:[a-z]\\w*\\.)*([A-Z]\\w*)");

  @TempDir private Path folder;

  @Test
  void everyPublicTypeHasAnExampleOrPointsToOne() throws IOException {
    Map<String, String> comments = new TreeMap<>();
    for (Path file : sources()) {
      Matcher type = TYPE.matcher(Files.readString(file));
      if (type.find()) {
        comments.put(type.group(2), type.group(1));
      }
    }
    assertFalse(comments.isEmpty());
    List<String> without = new ArrayList<>();
    comments.forEach(
        (type, comment) -> {
          boolean points =
              LINK.matcher(comment)
                  .results()
                  .map(link -> comments.getOrDefault(link.group(1), ""))
                  .anyMatch(ExamplesTest::hasExample);
          if (!hasExample(comment) && !points) {
            without.add(type);
          }
        });
    assertEquals(List.of(), without, "no example, and no {@link} to a type that has one");
  }

  private static boolean hasExample(String comment) {
    return EXAMPLE.matcher(comment).find();
  }

  @Test
  void everyExampleCompilesAndIsShort() throws IOException {
    List<String> examples = new ArrayList<>();
    for (Path file : sources()) {
      // The example of TestStream uses MockMvc, and is in the tests of sse-testing.
      if (!file.endsWith("TestStream.java")) {
        EXAMPLE
            .matcher(Files.readString(file))
            .results()
            .forEach(found -> examples.add(found.group(1).replaceAll("(?m)^ *\\* ?", "")));
      }
    }
    assertEquals(List.of(), Snippets.errors(examples, folder));
    assertEquals(
        List.of(),
        examples.stream().filter(example -> example.lines().count() > MAX_LINES).toList());
  }

  private static List<Path> sources() throws IOException {
    List<Path> sources = new ArrayList<>();
    for (String module : MODULES) {
      try (Stream<Path> files = Files.walk(ROOT.resolve(module).resolve("src/main/java"))) {
        files.filter(file -> file.toString().endsWith(".java")).sorted().forEach(sources::add);
      }
    }
    return sources;
  }
}
