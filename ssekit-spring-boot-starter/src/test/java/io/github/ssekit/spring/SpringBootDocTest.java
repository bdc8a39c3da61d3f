package io.github.ssekit.spring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * docs/spring-boot.md: its examples, and the examples in the comments of the starter, are code of
 * the sample or of these tests; its properties exist.
 */
class SpringBootDocTest {
  private static final Path ROOT = Path.of("..");

  private final String page;

  SpringBootDocTest() throws IOException {
    page = Files.readString(ROOT.resolve("docs/spring-boot.md"));
  }

  private static String compiled() throws IOException {
    StringBuilder code = new StringBuilder();
    for (Path folder : List.of(Path.of("src/test/java"), ROOT.resolve("sample-boot/src/main"))) {
      try (Stream<Path> all = Files.walk(folder)) {
        for (Path file : all.filter(f -> f.toString().endsWith(".java")).toList()) {
          code.append(squeezed(Files.readString(file)));
        }
      }
    }
    return code.toString();
  }

  @ParameterizedTest
  @ValueSource(strings = {"HubCustomizer", "RedisBridgeCustomizer", "StreamCustomizer"})
  void theExampleInTheCommentIsCodeThatIsCompiled(String type) throws IOException {
    String source =
        Files.readString(Path.of("src/main/java/io/github/ssekit/spring", type + ".java"));
    Matcher example =
        Pattern.compile("<pre>\\{@code\n(.*?)\n \\* }</pre>", Pattern.DOTALL).matcher(source);
    assertTrue(example.find());
    String code = squeezed(example.group(1).replaceAll("(?m)^ \\* ?", ""));
    assertTrue(compiled().contains(code), code);
  }

  @Test
  void everyExampleIsCodeThatIsCompiled() throws IOException {
    String code = compiled();
    List<String> examples =
        Pattern.compile("```java\n(.*?)```", Pattern.DOTALL)
            .matcher(page)
            .results()
            .map(found -> found.group(1))
            .toList();
    assertTrue(examples.size() >= 4);
    for (String example : examples) {
      for (String part : example.split("\n\n", -1)) {
        assertTrue(code.contains(squeezed(part)), part);
      }
    }
  }

  /** The code without spaces, comments and access. */
  private static String squeezed(String code) {
    return code.replaceAll("(?s)/\\*\\*.*?\\*/|//[^\n]*|\\bpublic\\b|\\s+", "");
  }

  @Test
  void thePropertiesAreThoseThatThereAre() throws IOException {
    Set<String> properties = new TreeSet<>();
    try (InputStream in =
        SsekitProperties.class.getResourceAsStream(
            "/META-INF/spring-configuration-metadata.json")) {
      for (JsonNode each : new ObjectMapper().readTree(in).get("properties")) {
        // The endpoint's properties are Spring Boot's.
        if (each.get("name").asText().startsWith("ssekit.")) {
          properties.add(each.get("name").asText());
          assertTrue(each.hasNonNull("description"), each::toString);
        }
      }
    }
    String table = page.substring(page.indexOf("| property |"), page.indexOf("## WebFlux"));
    assertEquals(
        properties,
        Pattern.compile("`(ssekit\\.[a-z.-]+)`")
            .matcher(table)
            .results()
            .map((MatchResult found) -> found.group(1))
            .collect(Collectors.toCollection(TreeSet::new)));
  }
}
