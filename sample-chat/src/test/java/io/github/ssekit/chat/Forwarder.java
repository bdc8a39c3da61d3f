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
 * One port before several nodes: each connection goes, byte by byte, to the first node that takes
 * it, and is closed if none does.
 */
final class Forwarder implements AutoCloseable {
  private final ServerSocket listener;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final Queue<Socket> sockets = new ConcurrentLinkedQueue<>();
  private final boolean inTurn;
  private final AtomicInteger turn = new AtomicInteger();
  private volatile List<Integer> nodes;

  /** Begins to take connections, on any free port. */
  Forwarder(Integer... ports) throws IOException {
    this(0, List.of(ports), false);
  }

  /**
   * Begins to take connections.
   *
   * @param nodes looked at anew for each, if the list changes
   * @param inTurn whether each begins with another node than the one before
   */
  Forwarder(int port, List<Integer> nodes, boolean inTurn) throws IOException {
    this.nodes = nodes;
    this.inTurn = inTurn;
    listener = new ServerSocket(port, 50, InetAddress.getLoopbackAddress());
    threads.execute(this::accept);
  }

  /** The nodes, in this order, for the connections to come. */
  void to(Integer... ports) {
    nodes = List.of(ports);
  }

  URI uri() {
    return URI.create("http://localhost:" + listener.getLocalPort() + "/chats");
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        Socket client = listener.accept();
        sockets.add(client);
        threads.execute(() -> connect(client));
      } catch (IOException e) {
        // Closed, or a client that left before it was taken.
      }
    }
  }

  private void connect(Socket client) {
    List<Integer> order = new ArrayList<>(nodes);
    Collections.rotate(order, inTurn ? turn.getAndIncrement() : 0);
    for (int port : order) {
      try {
        Socket node = new Socket("localhost", port);
        sockets.add(node);
        threads.execute(() -> copy(client, node));
        copy(node, client);
        return;
      } catch (IOException e) {
        // This node is away: the next one.
      }
    }
    closeAll(List.of(client));
  }

  /** Whichever side ends, both end. */
  private static void copy(Socket from, Socket to) {
    try (from;
        to) {
      InputStream in = from.getInputStream();
      in.transferTo(to.getOutputStream());
    } catch (IOException e) {
      // The other direction has ended it.
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
