package io.github.ssekit.faults;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.github.ssekit.harness.ChildProcess;
import java.io.BufferedReader;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A client with another project's {@code EventSource}: a process that runs {@code listen.js}, in
 * Node with the npm package, or in Chromium. The process connects again by itself, over one proxy
 * that leads to any of the nodes. Positions without an event are not visible to it.
 */
final class EventSourceClient extends Client {
  /** A line of the script, as Node prints it, or as Chromium logs a page's console. */
  private static final Pattern LINE =
      Pattern.compile("(?:.*CONSOLE.*?\\] \")?lab\t([^\t]*)\t([^\t]*)\t(.*?)(?:\", source: .*)?");

  private static final String PACKAGE = "eventsource@4";
  private static final long INSTALL_MILLIS = 60_000;

  private final Function<URI, List<String>> command;

  private EventSourceClient(
      String name,
      Set<String> channels,
      FaultProxy proxy,
      RunClock clock,
      Function<URI, List<String>> command) {
    super(name, channels, List.of(proxy.port()), 0, clock);
    this.command = command;
  }

  /**
   * Returns a client of the npm package, which npm installs into the folder.
   *
   * @throws IOException if npm can't install the package in time
   * @throws UncheckedIOException if npm can't be started
   */
  static EventSourceClient npm(Set<String> channels, FaultProxy proxy, RunClock clock, Path folder)
      throws IOException {
    List<String> install =
        List.of("npm", "install", "--prefix", folder.toString(), "--no-audit", PACKAGE);
    ChildProcess npm = ChildProcess.start(install, folder.resolve("npm.log"));
    if (!Threads.await(INSTALL_MILLIS, () -> !npm.isAlive()) || npm.process().exitValue() != 0) {
      npm.kill();
      throw new IOException("npm install " + PACKAGE + " fails, see " + folder);
    }
    Path script =
        Files.writeString(
            folder.resolve("listen.cjs"),
            script() + "listen(require('eventsource').EventSource, process.argv[2], console.log);");
    return new EventSourceClient(
        "npm", channels, proxy, clock, uri -> List.of("node", script.toString(), uri.toString()));
  }

  /** Returns a client in a headless Chromium, with a page of the node. */
  static EventSourceClient chromium(
      String binary, Set<String> channels, FaultProxy proxy, RunClock clock, Path folder) {
    return new EventSourceClient(
        "chromium",
        channels,
        proxy,
        clock,
        uri ->
            List.of(
                binary,
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--no-first-run",
                "--enable-logging=stderr",
                "--user-data-dir=" + folder.resolve("chromium"),
                uri.resolve("/page?" + uri.getQuery()).toString()));
  }

  /** The page that Chromium opens. The page and the stream have the same query. */
  static String page() {
    return "<!doctype html><title>lab</title><script>"
        + script()
        + "listen(EventSource, '/events' + location.search, (line) => console.log(line));</script>";
  }

  private static String script() {
    try (InputStream in = EventSourceClient.class.getResourceAsStream("listen.js")) {
      return new String(Objects.requireNonNull(in, "listen.js").readAllBytes(), UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  InputStream open(URI uri, String lastEventId) throws IOException {
    URI from = lastEventId.isEmpty() ? uri : URI.create(uri + "&lastEventId=" + lastEventId);
    ChildProcess process =
        ChildProcess.start(new ProcessBuilder(command.apply(from)).redirectErrorStream(true));
    return new FilterInputStream(process.process().getInputStream()) {
      @Override
      public void close() throws IOException {
        process.kill();
        super.close();
      }
    };
  }

  @Override
  void read(InputStream in) throws IOException {
    BufferedReader lines = new BufferedReader(new InputStreamReader(in, UTF_8));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      Matcher matcher = LINE.matcher(line);
      if (matcher.matches()) {
        String type = matcher.group(1);
        onEvent(type.equals("message") ? null : type, matcher.group(3), matcher.group(2));
      }
    }
  }
}
