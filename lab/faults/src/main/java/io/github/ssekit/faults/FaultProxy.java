package io.github.ssekit.faults;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntSupplier;

/**
 * A TCP proxy on the loopback interface whose connections can be made to fail. One thread accepts,
 * and two threads serve each connection. Any thread may use the proxy.
 */
final class FaultProxy implements AutoCloseable {
  /** The treatment of bytes. */
  enum Mode {
    PASS,
    /** Bytes wait: the proxy reads from neither side. */
    PAUSE,
    /** Bytes vanish, and new connections lead nowhere: the peer looks alive and is not. */
    SWALLOW,
    /** Subscribe commands take a while; other bytes pass, at least on other connections. */
    LATE_SUBSCRIBE,
    /** New connections are reset. */
    REFUSE
  }

  /** Small, so that a sender soon notices a peer that doesn't read. */
  static final int BUFFER_BYTES = 32 << 10;

  private static final int CONNECT_MILLIS = 2000;

  private final ServerSocket server;
  private final IntSupplier target;
  private final Set<ProxiedConnection> connections = ConcurrentHashMap.newKeySet();
  private Mode mode = Mode.PASS;

  /** Whether bytes may have vanished, in this mode or an earlier one. */
  private boolean swallowed;

  private FaultProxy(ServerSocket server, IntSupplier target) {
    this.server = server;
    this.target = target;
  }

  /** Returns a proxy on a free port, to a port of the loopback interface. */
  static FaultProxy to(int target) {
    return to(() -> target);
  }

  /** Returns a proxy whose connections each lead to a random port of the list. */
  static FaultProxy toAny(List<Integer> targets, long seed) {
    Random random = new Random(seed);
    return to(() -> targets.get(random.nextInt(targets.size())));
  }

  private static FaultProxy to(IntSupplier target) {
    try {
      ServerSocket server = new ServerSocket();
      server.setReceiveBufferSize(BUFFER_BYTES);
      server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 100);
      FaultProxy proxy = new FaultProxy(server, target);
      Threads.daemon("proxy", proxy::accept);
      return proxy;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  int port() {
    return server.getLocalPort();
  }

  synchronized void set(Mode next) {
    mode = next;
    swallowed |= next == Mode.SWALLOW;
    notifyAll();
  }

  /** Passes bytes again. If bytes may have vanished, resets all connections: they can't go on. */
  void restore() {
    boolean lossy;
    synchronized (this) {
      lossy = swallowed;
      swallowed = false;
    }
    if (lossy) {
      resetAll();
    }
    set(Mode.PASS);
    if (lossy) {
      // Connections made meanwhile lead nowhere.
      resetAll();
    }
  }

  /** Waits while paused. An interrupt ends the wait with an {@link IOException}. */
  synchronized Mode awaitFlow() throws IOException {
    while (mode == Mode.PAUSE) {
      try {
        wait();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("interrupted", e);
      }
    }
    return mode;
  }

  synchronized Mode mode() {
    return mode;
  }

  /** Sends an RST to both sides of each connection. */
  void resetAll() {
    connections.forEach(ProxiedConnection::reset);
  }

  /** Passes half of the next bytes from each connection's target; then ends it with RST or FIN. */
  void cutAll(boolean reset) {
    connections.forEach(c -> c.cutNext(reset));
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        Socket near = server.accept();
        if (mode() == Mode.REFUSE) {
          ProxiedConnection.reset(near);
        } else {
          Threads.daemon("proxied", () -> serve(near));
        }
      } catch (IOException e) {
        if (!server.isClosed()) {
          throw new UncheckedIOException(e);
        }
      }
    }
  }

  private void serve(Socket near) {
    Socket far = new Socket();
    ProxiedConnection connection = new ProxiedConnection(this, near, far);
    connections.add(connection);
    try {
      if (mode() != Mode.SWALLOW) {
        far.setReceiveBufferSize(BUFFER_BYTES);
        far.connect(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), target.getAsInt()),
            CONNECT_MILLIS);
      }
      connection.run();
    } catch (IOException e) {
      connection.reset();
    } finally {
      connections.remove(connection);
    }
  }

  @Override
  public void close() {
    try {
      server.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    set(Mode.PASS);
    resetAll();
  }
}
