package io.github.ssekit.chat;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;

/** The examples of a page, by their language. */
final class Snippets {
  /** The code around an example: imports, and an application's own objects. */
  private static final String AROUND =
      """
      import static java.nio.charset.StandardCharsets.UTF_8;
      import static org.junit.jupiter.api.Assertions.*;
      import com.fasterxml.jackson.core.JsonProcessingException;
      import com.fasterxml.jackson.databind.ObjectMapper;
      import io.github.ssekit.client.*;
      import io.github.ssekit.event.*;
      import io.github.ssekit.hub.*;
      import io.github.ssekit.micrometer.*;
      import io.github.ssekit.redis.*;
      import io.github.ssekit.servlet.*;
      import io.github.ssekit.testing.*;
      import io.micrometer.core.instrument.MeterRegistry;
      import jakarta.servlet.http.*;
      import java.io.*;
      import java.net.URI;
      import java.net.http.*;
      import java.net.http.HttpResponse.BodyHandlers;
      import java.nio.file.Path;
      import java.time.*;
      import java.util.*;
      import java.util.concurrent.*;
      import org.eclipse.jetty.ee10.servlet.*;
      import org.junit.jupiter.api.extension.RegisterExtension;
      class Example%d {
        interface Model { void cancel(); }
        interface Tokens { boolean isValid(String token); String userOf(String token); Instant expiryOf(String token); }
        interface Orders { void save(Order order); }
        @interface GetMapping { String value(); }
        @interface RequestParam {}
        record Order(long id, String user, String state) {}
        record Shop(EventPublisher publisher) { void ship(long order) {} }
        static final System.Logger LOG = System.getLogger("example");
        Hub hub;
        RedisBridge redis;
        ServletContextHandler context;
        HttpServletRequest request;
        HttpServletResponse response;
        Connection connection;
        Transport transport;
        ConnectionOptions options;
        EventCodec codec;
        MeterRegistry registry;
        byte[] chunk;
        InputStream in;
        OutputStream out;
        HttpClient client;
        URI uri;
        ObjectMapper mapper;
        Model model;
        Tokens tokens;
        Orders orders;
        Order order;
        String id, token, usage, user, json;
        boolean mayRead(HttpServletRequest request) { return true; }
        boolean isMember(String user, String room) { return true; }
        void handle(SseEvent event) {}
        void log(Exception e) {}
        %s
      }
      """;

  private static final String METHOD =
      """
      void run() throws Exception {
        %s
      }
      """;

  private static final Pattern DECLARES =
      Pattern.compile(
          "^((public|static|final) )*(class|interface|record|enum) |^@|^(public|private|static|void) ",
          Pattern.MULTILINE);

  private Snippets() {}

  /** The examples of a page of the repository, in their order. */
  static List<String> of(String page, String language) throws IOException {
    Path file = Path.of(System.getProperty("ssekit.root", "..")).resolve(page);
    return Pattern.compile("^```" + language + "\n(.*?)^```", Pattern.DOTALL | Pattern.MULTILINE)
        .matcher(Files.readString(file))
        .results()
        .map(match -> match.group(1))
        .toList();
  }

  /** The compiler's messages on examples, compiled as an application's code. */
  static List<String> errors(List<String> snippets, Path folder) {
    List<JavaFileObject> sources = new ArrayList<>();
    for (String snippet : snippets) {
      int number = sources.size();
      if (snippet.startsWith("import ") || snippet.startsWith("package ")) {
        sources.add(source("/" + number + "/Main.java", snippet));
      } else {
        String member = DECLARES.matcher(snippet).find() ? snippet : METHOD.formatted(snippet);
        sources.add(source("/Example" + number + ".java", AROUND.formatted(number, member)));
      }
    }
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    DiagnosticCollector<JavaFileObject> found = new DiagnosticCollector<>();
    List<String> options =
        List.of(
            "-d", folder.toString(), "-cp", System.getProperty("java.class.path"), "-proc:none");
    compiler.getTask(null, null, found, options, null, sources).call();
    return found.getDiagnostics().stream().map(Object::toString).toList();
  }

  private static JavaFileObject source(String path, String text) {
    return new SimpleJavaFileObject(URI.create("string://" + path), JavaFileObject.Kind.SOURCE) {
      @Override
      public CharSequence getCharContent(boolean ignoreEncodingErrors) {
        return text;
      }
    };
  }
}
