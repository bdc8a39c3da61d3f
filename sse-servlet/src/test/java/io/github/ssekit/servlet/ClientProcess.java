package io.github.ssekit.servlet;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A client in a process of its own, which a test can kill. */
final class ClientProcess {
  private ClientProcess() {}

  /** Starts a process, and returns once it has opened this many streams. */
  static Process start(Protocol protocol, int port, int streams) throws IOException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx64m",
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                ClientProcess.class.getName(),
                protocol.name(),
                "" + port,
                "" + streams)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    if (process.getInputStream().read() < 0) {
      throw new IOException("The client process could not open its streams");
    }
    return process;
  }

  /** Opens streams, prints one character, and reads until the process is killed. */
  public static void main(String[] args) throws Exception {
    Client client = new Client(Protocol.valueOf(args[0]), Integer.parseInt(args[1]));
    List<Client.Stream> streams = new ArrayList<>();
    for (int i = 0; i < Integer.parseInt(args[2]); i++) {
      Client.Stream stream = client.open("/open");
      stream.body().read();
      streams.add(stream);
    }
    System.out.print('.');
    System.out.flush();
    for (Client.Stream stream : streams) {
      stream.next();
    }
  }
}
