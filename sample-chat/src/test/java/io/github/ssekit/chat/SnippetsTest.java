package io.github.ssekit.chat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The Java in the README and in the pages of docs/ compiles. */
class SnippetsTest {
  private static final Path ROOT = Path.of(System.getProperty("ssekit.root", ".."));

  @TempDir Path folder;

  @ParameterizedTest
  @MethodSource("pages")
  void everyExampleCompiles(String page) throws IOException {
    List<String> snippets = Snippets.of(page, "java");
    assertFalse(snippets.isEmpty(), "no example: leave the page out");
    assertEquals(List.of(), Snippets.errors(snippets, folder));
  }

  @Test
  void theExampleOfAnEventOnTheWireHolds() throws Exception {
    List<String> snippets = Snippets.of("docs/guides/format.md", "java");
    int example = snippets.size() - 1;
    assertTrue(snippets.get(example).contains("assertEquals("), snippets.get(example));
    assertEquals(List.of(), Snippets.errors(snippets, folder));
    try (URLClassLoader loader = new URLClassLoader(new URL[] {folder.toUri().toURL()})) {
      Class<?> type = loader.loadClass("Example" + example);
      Method run = type.getDeclaredMethod("run");
      run.setAccessible(true);
      Constructor<?> made = type.getDeclaredConstructor();
      made.setAccessible(true);
      run.invoke(made.newInstance());
    }
  }

  static Stream<String> pages() throws IOException {
    try (Stream<Path> guides = Files.list(ROOT.resolve("docs/guides"))) {
      List<String> withJava =
          guides
              .map(guide -> "docs/guides/" + guide.getFileName())
              .filter(SnippetsTest::hasJava)
              .sorted()
              .toList();
      return Stream.concat(
          Stream.of(
              "README.md",
              "docs/clients.md",
              "docs/delivery.md",
              "docs/moving.md",
              "docs/observing.md"),
          withJava.stream());
    }
  }

  private static boolean hasJava(String page) {
    try {
      return !Snippets.of(page, "java").isEmpty();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
