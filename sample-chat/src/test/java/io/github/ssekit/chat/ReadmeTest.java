package io.github.ssekit.chat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The Java in the README, docs/observing.md and docs/clients.md compiles, and adding the library
 * takes as few lines as it says.
 */
class ReadmeTest {
  /** What a snippet may assume: an application's own objects. */
  private static final String AROUND =
      """
      import io.github.ssekit.event.*;
      import io.github.ssekit.hub.*;
      import io.github.ssekit.redis.*;
      import io.github.ssekit.servlet.*;
      import jakarta.servlet.http.*;
      import java.io.*;
      import java.net.URI;
      import java.util.List;
      import org.eclipse.jetty.ee10.servlet.*;
      class Snippet {
        Hub hub;
        RedisBridge redis;
        void run(ServletContextHandler context, HttpServletRequest request,
            HttpServletResponse response, InputStream in, OutputStream out) throws Exception {
          %s
        }
      }
      """;

  /** The same for one that declares types. */
  private static final String MEMBERS =
      """
      import io.github.ssekit.event.*;
      import io.github.ssekit.hub.*;
      import java.io.IOException;
      import java.net.URI;
      import java.net.http.*;
      import java.net.http.HttpResponse.BodyHandlers;
      import java.util.Map;
      import java.util.concurrent.ConcurrentHashMap;
      class Snippet {
        Hub hub;
        %s
      }
      """;

  @TempDir Path folder;

  @Test
  void everySnippetCompilesAndTheFirstIsAtMostTenLines() throws Exception {
    List<String> snippets = snippets("README.md");
    assertEquals(4, snippets.size());
    assertTrue(snippets.get(0).lines().count() <= 10, snippets.get(0));
    for (String snippet : snippets) {
      assertEquals(List.of(), errors(AROUND.formatted(snippet)), snippet);
    }
  }

  @Test
  void theSnippetsOnObservingCompile() throws Exception {
    List<String> snippets = snippets("docs/observing.md");
    assertEquals(3, snippets.size());
    assertEquals(List.of(), errors(MEMBERS.formatted(snippets.get(0))));
    assertEquals(List.of(), errors(AROUND.formatted(snippets.get(1))));
    assertEquals(List.of(), errors(AROUND.formatted(snippets.get(2))));
  }

  @Test
  void theSnippetsOnClientsCompile() throws Exception {
    List<String> snippets = snippets("docs/clients.md");
    assertEquals(2, snippets.size());
    for (String snippet : snippets) {
      String method =
          """
          void handle(SseEvent event) {}
          void log(IOException e) {}
          void run(HttpClient client, URI uri) throws Exception { %s }
          """;
      assertEquals(List.of(), errors(MEMBERS.formatted(method.formatted(snippet))), snippet);
    }
  }

  private static List<String> snippets(String page) throws Exception {
    Path readme = Path.of(System.getProperty("ssekit.root"), page);
    return Pattern.compile("```java\n(.*?)```", Pattern.DOTALL)
        .matcher(Files.readString(readme))
        .results()
        .map(match -> match.group(1))
        .toList();
  }

  private List<String> errors(String source) {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    DiagnosticCollector<JavaFileObject> diagnostics = new DiagnosticCollector<>();
    JavaFileObject file =
        new SimpleJavaFileObject(URI.create("string:///Snippet.java"), JavaFileObject.Kind.SOURCE) {
          @Override
          public CharSequence getCharContent(boolean ignoreEncodingErrors) {
            return source;
          }
        };
    List<String> options =
        List.of(
            "-d", folder.toString(), "-cp", System.getProperty("java.class.path"), "-proc:none");
    compiler.getTask(null, null, diagnostics, options, null, Stream.of(file).toList()).call();
    return diagnostics.getDiagnostics().stream().map(Object::toString).toList();
  }
}
