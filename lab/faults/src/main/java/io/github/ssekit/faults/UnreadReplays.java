package io.github.ssekit.faults;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;

/** Connections that ask for the past, each from another position, and never read. */
final class UnreadReplays implements AutoCloseable {
  private static final int EACH = 150;
  private static final int BUFFER_BYTES = 4096;

  private final List<Socket> sockets = new ArrayList<>();

  /** Opens connections to each of some nodes. */
  UnreadReplays(List<Integer> ports, List<Published> past) {
    for (int i = 0; i < EACH && !past.isEmpty(); i++) {
      String id = past.get((int) ((long) i * past.size() / EACH)).id().toString();
      ports.forEach(port -> open(port, id));
    }
  }

  private void open(int port, String id) {
    Socket socket = new Socket();
    sockets.add(socket);
    try {
      socket.setReceiveBufferSize(BUFFER_BYTES);
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 2000);
      socket
          .getOutputStream()
          .write(
              ("GET /events?channel=a&channel=b&channel=c HTTP/1.1\r\nHost: localhost\r\n"
                      + "Last-Event-ID: "
                      + id
                      + "\r\n\r\n")
                  .getBytes(US_ASCII));
    } catch (IOException e) {
      // A node that can't take the connection has less to do.
      close(socket);
    }
  }

  /** Keeps the connections open for so long. */
  void hold(long millis) {
    boolean unused = Threads.pause(millis);
  }

  private static void close(Socket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    sockets.forEach(UnreadReplays::close);
  }
}
