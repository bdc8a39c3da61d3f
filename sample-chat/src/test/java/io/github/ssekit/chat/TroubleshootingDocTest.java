package io.github.ssekit.chat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The log lines and messages that docs/troubleshooting.md quotes are in the code. */
class TroubleshootingDocTest {
  private static final Path ROOT = Path.of(System.getProperty("ssekit.root", ".."));

  @Test
  void everyQuotedMessageIsInTheCode() throws IOException {
    String code = messages();
    List<String> quoted =
        Snippets.of("docs/troubleshooting.md", "log").stream().flatMap(String::lines).toList();
    assertTrue(quoted.size() > 15, quoted::toString);
    List<String> unknown = new ArrayList<>();
    for (String line : quoted) {
      for (String part : line.split("…", -1)) {
        // Text beside a value may be put together from small parts.
        String fixed = part.replaceAll("^[\\s:]+|[\\s:]+$", "");
        if (fixed.length() >= 8 && !code.contains(fixed)) {
          unknown.add(line + " -> " + fixed);
        }
      }
    }
    assertEquals(List.of(), unknown);
  }

  /** The sources, with the parts of each string joined. */
  private static String messages() throws IOException {
    StringBuilder all = new StringBuilder();
    for (String module : List.of("sse-core", "sse-redis", "sse-servlet")) {
      try (Stream<Path> files = Files.walk(ROOT.resolve(module).resolve("src/main/java"))) {
        for (Path file : files.filter(each -> each.toString().endsWith(".java")).toList()) {
          all.append(Files.readString(file));
        }
      }
    }
    return all.toString().replaceAll("\"\\s*\\+\\s*\"", "").replace("\\\"", "\"");
  }
}
