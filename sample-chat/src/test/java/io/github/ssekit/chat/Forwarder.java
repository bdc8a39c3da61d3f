package io.github.ssekit.chat;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * One port in front of several nodes: each connection goes, byte by byte, to the first node that
 * accepts it, and is closed if no node does.
 */
final class Forwarder implements AutoCloseable {
  private final ServerSocket listener;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final Queue<Socket> sockets = new ConcurrentLinkedQueue<>();
  private final boolean inTurn;
  private final AtomicInteger turn = new AtomicInteger();
  private final AtomicInteger accepted = new AtomicInteger();
  private volatile List<Integer> nodes;

  /** The number of connections, from the first on, that are mute. */
  private volatile int mute;

  /** Begins to take connections, on any free port. */
  Forwarder(Integer... ports) throws IOException {
    this(0, List.of(ports), false);
  }

  /**
   * Begins to take connections.
   *
   * @param nodes the ports of the nodes; read again for each connection, so the list may change
   * @param inTurn whether each connection begins with another node than the previous connection
   */
  Forwarder(int port, List<Integer> nodes, boolean inTurn) throws IOException {
    this.nodes = nodes;
    this.inTurn = inTurn;
    listener = new ServerSocket(port, 50, InetAddress.getLoopbackAddress());
    threads.execute(this::accept);
  }

  /** Sets the nodes for new connections, in this order. */
  void to(Integer... ports) {
    nodes = List.of(ports);
  }

  /**
   * From now on, no bytes pass on the existing connections, and nothing ends them; new connections
   * work as before.
   */
  void mute() {
    mute = accepted.get();
  }

  URI uri() {
    return URI.create("http://localhost:" + listener.getLocalPort() + "/chats");
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        Socket client = listener.accept();
        sockets.add(client);
        int number = accepted.incrementAndGet();
        threads.execute(() -> connect(client, number));
      } catch (IOException e) {
        // The listener is closed, or a client left before it was accepted.
      }
    }
  }

  private void connect(Socket client, int number) {
    List<Integer> order = new ArrayList<>(nodes);
    Collections.rotate(order, inTurn ? turn.getAndIncrement() : 0);
    for (int port : order) {
      try {
        Socket node = new Socket("localhost", port);
        sockets.add(node);
        threads.execute(() -> copy(client, node, number));
        copy(node, client, number);
        return;
      } catch (IOException e) {
        // This node is away: try the next.
      }
    }
    closeAll(List.of(client));
  }

  /** Copies until either side ends, and then closes both. */
  private void copy(Socket from, Socket to, int number) {
    try (from;
        to) {
      InputStream in = from.getInputStream();
      byte[] bytes = new byte[8192];
      for (int read = in.read(bytes); read >= 0; read = in.read(bytes)) {
        if (number > mute) {
          to.getOutputStream().write(bytes, 0, read);
        }
      }
    } catch (IOException e) {
      // The other direction has closed the sockets.
    }
  }

  private static void closeAll(Iterable<Socket> sockets) {
    for (Socket socket : sockets) {
      try {
        socket.close();
      } catch (IOException e) {
        throw new AssertionError(e);
      }
    }
  }

  @Override
  public void close() throws IOException {
    listener.close();
    closeAll(sockets);
    threads.shutdown();
  }
}
