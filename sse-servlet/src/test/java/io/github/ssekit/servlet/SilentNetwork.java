package io.github.ssekit.servlet;

import static org.awaitility.Awaitility.await;

import io.github.ssekit.harness.LogCapture;
import io.github.ssekit.hub.CloseReason;
import io.github.ssekit.hub.Hub;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.logging.Level;

/**
 * A process with a server, its clients, and a network namespace of their own, from which every
 * packet vanishes once the streams are open: no FIN, no RST, no error.
 */
final class SilentNetwork {
  /**
   * How often the kernel retransmits before it gives up a connection. The kernel's default is 15,
   * which takes a quarter of an hour and more; this number takes a second or two.
   */
  private static final String RETRANSMISSIONS = "2";

  private static final Duration SOON = Duration.ofSeconds(30);

  /** Referenced, since the JDK's client closes streams that are garbage-collected. */
  private static final List<Client.Stream> OPENED = new ArrayList<>();

  private SilentNetwork() {}

  /** Whether this machine lets us make a network namespace, as root or inside a user namespace. */
  static boolean available() throws Exception {
    List<String> command = new ArrayList<>(unshare());
    command.addAll(List.of("ip", "link", "set", "lo", "up"));
    try {
      return new ProcessBuilder(command).inheritIO().start().waitFor() == 0;
    } catch (IOException e) {
      return false; // no such program
    }
  }

  private static List<String> unshare() {
    return System.getProperty("user.name").equals("root")
        ? List.of("unshare", "--net")
        : List.of("unshare", "--user", "--map-root-user", "--net");
  }

  /** Returns the output of a process in which this many streams go silent. */
  static List<String> run(Protocol protocol, int streams) throws Exception {
    List<String> command = new ArrayList<>(unshare());
    command.addAll(
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-ea",
            "-Xmx128m",
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-Dssekit.container=" + Server.CONTAINER,
            "-cp",
            System.getProperty("java.class.path"),
            SilentNetwork.class.getName(),
            protocol.name(),
            "" + streams));
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    List<String> printed = process.inputReader().lines().toList();
    if (process.waitFor() != 0) {
      throw new IOException("The process in the namespace has failed after " + printed);
    }
    return printed;
  }

  /**
   * Prints each stream's close reason, the seconds until the last, and all lines logged above
   * DEBUG.
   */
  public static void main(String[] args) throws Exception {
    try {
      run(args);
    } finally {
      System.exit(0); // The container's threads would keep the process.
    }
  }

  private static void run(String... args) throws Exception {
    ip("link", "set", "lo", "up");
    Files.writeString(Path.of("/proc/sys/net/ipv4/tcp_retries2"), RETRANSMISSIONS);
    Protocol protocol = Protocol.valueOf(args[0]);
    int streams = Integer.parseInt(args[1]);
    Events events = new Events();
    Server server =
        Server.start(
            protocol,
            new Server.Site(List.of(new Server.Served("/open", events, true)), List.of(), false));
    for (int i = 0; i < streams; i++) {
      OPENED.add(new Client(protocol, server.port()).open("/open"));
    }
    await().atMost(SOON).until(() -> events.hub.connectionCount() == streams);
    LogCapture log = LogCapture.of("", Level.CONFIG);
    long start = System.nanoTime();
    ip("link", "set", "lo", "down");
    await().atMost(SOON).until(() -> events.closed.size() >= streams);
    String took = Cell.seconds(start);
    events.hub.close();
    events.closed.forEach(System.out::println);
    System.out.println(took);
    log.details().forEach(System.out::println);
  }

  private static void ip(String... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of("ip"));
    command.addAll(List.of(arguments));
    if (new ProcessBuilder(command).inheritIO().start().waitFor() != 0) {
      throw new IOException(command + " failed");
    }
  }

  private static final class Events extends HttpServlet {
    private static final long serialVersionUID = 1;

    final transient Hub hub =
        Hub.builder().heartbeat(Cell.HEARTBEAT).stuckWriteDeadline(Cell.STUCK).create();
    final transient Queue<CloseReason> closed = new ConcurrentLinkedQueue<>();

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response) {
      EventStreams.open(hub, request, response, "room").onClose(closed::add);
    }
  }
}
