package io.github.ssekit.servlet;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * A plain TCP balancer: hands each connection to the next node that accepts it, in turns, and knows
 * nothing of HTTP or of drains.
 */
final class TcpBalancer implements AutoCloseable {
  private final ServerSocket listener = new ServerSocket(0, 50, InetAddress.getByName("localhost"));
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final Queue<Socket> sockets = new ConcurrentLinkedQueue<>();
  private final List<Integer> ports = new ArrayList<>();

  TcpBalancer() throws IOException {
    threads.execute(this::accept);
  }

  synchronized void add(int port) {
    ports.add(port);
  }

  /**
   * Call this while the node still listens: once the node has stopped, its port may be another
   * server's, since tests run in parallel.
   */
  synchronized void remove(int port) {
    ports.remove((Integer) port);
  }

  int port() {
    return listener.getLocalPort();
  }

  private void accept() {
    for (int turn = 0; !listener.isClosed(); turn++) {
      try {
        Socket client = listener.accept();
        sockets.add(client);
        connect(client, turn);
      } catch (IOException e) {
        // Closed, or a client that left before it was taken.
      }
    }
  }

  private synchronized void connect(Socket client, int turn) throws IOException {
    for (int i = 0; i < ports.size(); i++) {
      try {
        Socket node = new Socket("localhost", ports.get((turn + i) % ports.size()));
        sockets.add(node);
        threads.execute(() -> copy(client, node));
        threads.execute(() -> copy(node, client));
        return;
      } catch (IOException e) {
        // The next node takes the client.
      }
    }
    client.close();
  }

  /** Whichever side ends, both end. */
  private static void copy(Socket from, Socket to) {
    try (from;
        to) {
      long unused = from.getInputStream().transferTo(to.getOutputStream());
    } catch (IOException e) {
      // The other direction has ended it.
    }
  }

  @Override
  public void close() throws IOException {
    listener.close();
    for (Socket socket : sockets) {
      socket.close();
    }
    threads.shutdownNow();
  }
}
