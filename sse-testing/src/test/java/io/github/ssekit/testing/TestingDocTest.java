package io.github.ssekit.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The examples of docs/testing.md stand in tests of this module, which compile and pass. */
class TestingDocTest {
  private static List<String> examples() throws IOException {
    return Pattern.compile("^```java\n(.*?)^```", Pattern.DOTALL | Pattern.MULTILINE)
        .matcher(Files.readString(Path.of("..", "docs", "testing.md")))
        .results()
        .map(match -> match.group(1))
        .toList();
  }

  @Test
  void eachExampleIsATestThatRuns() throws IOException {
    StringBuilder tests = new StringBuilder();
    try (Stream<Path> files = Files.walk(Path.of("src", "test", "java"))) {
      for (Path file : files.filter(path -> path.toString().endsWith(".java")).toList()) {
        tests.append(Files.readString(file));
      }
    }
    String all = words(tests.toString());
    assertEquals(
        List.of(),
        examples().stream().filter(example -> !all.contains(words(example))).toList(),
        "these examples of docs/testing.md are in no test of sse-testing");
  }

  @Test
  void theFirstExampleHasFiveLinesAndTheSecondTen() throws IOException {
    assertEquals(5, examples().get(0).lines().filter(line -> !line.startsWith("@")).count());
    assertTrue(examples().get(1).lines().filter(line -> !line.startsWith("@")).count() <= 10);
  }

  private static String words(String code) {
    return code.replaceAll("\\s+", " ").strip();
  }
}
