package io.github.ssekit.bench;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The servers under test, with the command that starts each. */
enum Server {
  FLOOR(Floor.Joined.class, "jetty|tomcat|undertow"),
  FLOOR_EACH(Floor.Each.class, "jetty|tomcat|undertow"),
  JETTY(Ours.OnJetty.class, "tomcat|undertow"),
  TOMCAT(Ours.OnTomcat.class, "jetty|undertow|servlet-api"),
  UNDERTOW(Ours.OnUndertow.class, "jetty|tomcat"),
  JETTY_HISTORY(Ours.OnJetty.class, "tomcat|undertow"),
  UNDERTOW_HISTORY(Ours.OnUndertow.class, "jetty|tomcat"),
  SSE_EMITTER("SseEmitterServer"),
  WEBFLUX("WebFluxServer"),
  UNDERTOW_OWN(UndertowHandler.class, "jetty|tomcat"),
  JERSEY(JerseyServer.class, "jetty|undertow|servlet-api"),
  NCHAN;

  private final String main;

  /**
   * Jars of other servers, which this server's class path leaves out; null for Boot's class path.
   */
  private final @Nullable Pattern without;

  Server(Class<?> main, String without) {
    this.main = main.getName();
    this.without = Pattern.compile(without);
  }

  Server(String bootMain) {
    main = "io.github.ssekit.bench.boot." + bootMain;
    without = null;
  }

  Server() {
    main = "";
    without = null;
  }

  String label() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  boolean ours() {
    return this == JETTY || this == TOMCAT || this == UNDERTOW || hasHistory();
  }

  /** Whether the server's channels have history. */
  boolean hasHistory() {
    return this == JETTY_HISTORY || this == UNDERTOW_HISTORY;
  }

  /** The reason why the server can't run here; null if it can. */
  @Nullable String missing() {
    return this == NCHAN ? Nchan.missing() : null;
  }

  /**
   * Starts the server's process.
   *
   * @param jvm further arguments of the JVM, in which %s is the server's label
   */
  ServerProcess start(String redis, List<String> jvm) throws IOException {
    if (this == NCHAN) {
      return Nchan.start(redis);
    }
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    // The heap follows its live objects, so that resident memory is meaningful.
    command.addAll(
        List.of("-Xms32m", "-Xmx1g", "-XX:MinHeapFreeRatio=10", "-XX:MaxHeapFreeRatio=30"));
    jvm.forEach(argument -> command.add(argument.replace("%s", label())));
    command.add("-Dbench.history=" + hasHistory());
    command.addAll(List.of("-classpath", classPath(), Serve.class.getName(), main, redis));
    return ServerProcess.start(command);
  }

  private String classPath() throws IOException {
    String[] ours = System.getProperty("java.class.path").split(File.pathSeparator);
    Pattern pattern = without;
    if (pattern != null) {
      Predicate<String> other = pattern.asPredicate();
      return Arrays.stream(ours)
          .filter(path -> !other.test(Path.of(path).getFileName().toString()))
          .collect(Collectors.joining(File.pathSeparator));
    }
    Path boot = Path.of(System.getProperty("bench.boot"));
    String own = Path.of(ours[0]).toString();
    return String.join(
        File.pathSeparator,
        own,
        boot.resolve("classes").toString(),
        Files.readString(boot.resolve("class-path.txt")).trim());
  }
}
