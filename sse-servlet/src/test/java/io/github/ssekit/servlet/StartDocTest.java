package io.github.ssekit.servlet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.ssekit.event.EventStreamReader;
import io.github.ssekit.event.SseEvent;
import io.github.ssekit.harness.ChildProcess;
import io.github.ssekit.harness.Ports;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.apache.catalina.startup.Tomcat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The programs of docs/start.md, each run with the class path that it would have. */
@Timeout(90)
class StartDocTest {
  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource({
    "Jetty,    tomcat|undertow|ee11",
    "Tomcat,   jetty|undertow|jakarta.servlet-api",
    "Undertow, tomcat|jetty"
  })
  void theProgramSendsAnEventEachSecond(String section, String without) throws Exception {
    int port = Ports.free();
    Path main = folder.resolve("Main.java");
    Files.writeString(main, example(section).replace("8080", "" + port));
    awaitEvents(port, java("-cp", classPath(without), main.toString()));
  }

  @Test
  void theWarSendsAnEventEachSecond() throws Exception {
    Path classes = Files.createDirectories(folder.resolve("war/WEB-INF/classes"));
    compile(classes, "News", example("Jakarta EE: a WAR"));
    int port = Ports.free();
    String path = classPath("jetty|undertow|jakarta.servlet-api");
    awaitEvents(
        port, java("-cp", path, War.class.getName(), folder.resolve("war").toString(), "" + port));
  }

  @ParameterizedTest
  @ValueSource(strings = {"jetty-ee10-servlet", "tomcat-embed-core", "undertow-servlet"})
  void theVersionIsTheOneThatIsTested(String artifact) throws IOException {
    Matcher jar =
        Pattern.compile(artifact + "-([0-9][^/]*)\\.jar")
            .matcher(System.getProperty("java.class.path"));
    assertTrue(jar.find());
    String page = Files.readString(Path.of("..", "docs", "start.md"));
    assertTrue(page.contains(artifact + ":" + jar.group(1) + "`"), () -> jar.group(1));
  }

  @Test
  void theServletOfYourOwnCompiles() throws Exception {
    compile(folder, "RoomServlet", example("Inside a servlet or controller of your own"));
  }

  /** A Tomcat with one web application, in a process of its own. */
  static final class War {
    private War() {}

    /** The application's folder, and a port. */
    public static void main(String[] args) throws Exception {
      Tomcat tomcat = new Tomcat();
      tomcat.setBaseDir(args[0] + "-tomcat");
      tomcat.setPort(Integer.parseInt(args[1]));
      tomcat.getConnector();
      tomcat.addWebapp("", args[0]);
      tomcat.start();
      tomcat.getServer().await();
    }
  }

  private void awaitEvents(int port, ChildProcess program) throws Exception {
    try {
      Ports.awaitListening(port, Duration.ofSeconds(60));
      URI uri = URI.create("http://localhost:" + port + "/events");
      try (EventStreamReader events =
          new EventStreamReader(
              HttpClient.newHttpClient()
                  .send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofInputStream())
                  .body())) {
        for (int i = 0; i < 2; i++) {
          SseEvent event = events.next();
          assertTrue(event != null && event.data().startsWith("It is "), () -> "" + event);
        }
      }
    } catch (RuntimeException | IOException | AssertionError e) {
      throw new AssertionError(Files.readString(folder.resolve("log")), e);
    } finally {
      program.kill();
    }
  }

  private ChildProcess java(String... arguments) {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    return ChildProcess.start(
        Stream.concat(Stream.of(java, "-XX:TieredStopAtLevel=1"), Stream.of(arguments)).toList(),
        folder.resolve("log"));
  }

  private static String classPath(String without) {
    Pattern excluded = Pattern.compile(".*(" + without + ")[^/]*\\.jar");
    return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator, -1))
        .filter(entry -> !excluded.matcher(entry).matches())
        .collect(Collectors.joining(File.pathSeparator));
  }

  private void compile(Path target, String name, String source) throws IOException {
    Path file = folder.resolve(name + ".java");
    Files.writeString(file, source);
    List<String> options =
        List.of("-proc:none", "-d", target.toString(), "-cp", classPath("none"), file.toString());
    assertEquals(
        0,
        ToolProvider.getSystemJavaCompiler().run(null, null, null, options.toArray(String[]::new)));
  }

  /** The Java below a heading. */
  private static String example(String section) throws IOException {
    String page = Files.readString(Path.of("..", "docs", "start.md"));
    String from = page.substring(page.indexOf("\n## " + section + "\n"));
    int start = from.indexOf("```java\n") + "```java\n".length();
    return from.substring(start, from.indexOf("```", start));
  }
}
