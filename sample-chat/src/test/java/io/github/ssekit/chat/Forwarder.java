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
  private final AtomicInteger accepted = new AtomicInteger();
  private volatile List<Integer> nodes;

  /** Of the connections so far, how many have gone mute. */
  private volatile int mute;

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

  /**
   * From now on nothing passes on the connections that there are, and nothing ends them; those to
   * come are as ever.
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
        // Closed, or a client that left before it was taken.
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
        // This node is away: the next one.
      }
    }
    closeAll(List.of(client));
  }

  /** Whichever side ends, both end. */
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
