package io.github.ssekit.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/**
 * The load client: any number of event streams on one thread. Its methods may block, for seconds at
 * most.
 */
final class Load implements AutoCloseable {
  /** Concurrent connects: fewer than any listen queue holds. */
  private static final int CONNECTING = 100;

  /** The longest time of a connect, or of a task on the load client's thread. */
  private static final int PATIENCE_SECONDS = 10;

  /**
   * Receive buffer of streams that nobody reads: small, so that the kernel can't read in their
   * place.
   */
  private static final int SMALL_BUFFER = 2304;

  private final Tally tally;
  private final InetSocketAddress server;
  private final int messageSize;
  private final Selector selector;
  private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
  private final List<SocketChannel> sockets = new ArrayList<>();
  private final ByteBuffer direct = ByteBuffer.allocateDirect(256 << 10);
  private final byte[] bytes = new byte[256 << 10];
  private volatile boolean closed;

  Load(int port, Tally tally, int messageSize) throws IOException {
    this.tally = tally;
    this.messageSize = messageSize;
    server = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    selector = Selector.open();
    Thread thread = new Thread(this::run, "load");
    thread.setDaemon(true);
    thread.start();
  }

  /** Opens a stream of some channels, and returns when another connect may start. */
  void open(int firstChannel, int channels) throws IOException {
    SocketChannel socket = SocketChannel.open();
    Client client = new Client(socket, tally, messageSize, firstChannel, channels);
    int asked = onThread(() -> connect(client));
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    while (asked - tally.open - tally.ended > CONNECTING) {
      if (System.nanoTime() > end) {
        throw new IOException("the server answers no more requests: " + tally.open + " so far");
      }
      LockSupport.parkNanos(1_000_000);
    }
  }

  private int connect(Client client) {
    SocketChannel socket = client.socket;
    try {
      client.subscribe();
      socket.configureBlocking(false);
      // No TIME_WAIT: thousands of streams a turn would use up the ports.
      socket.setOption(StandardSocketOptions.SO_LINGER, 0);
      SelectionKey key = socket.register(selector, SelectionKey.OP_CONNECT, client);
      sockets.add(socket);
      if (socket.connect(server)) {
        request(key, client);
      }
      return sockets.size();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void request(SelectionKey key, Client client) throws IOException {
    client.socket.write(ByteBuffer.wrap(get(client.firstChannel, client.channels())));
    key.interestOps(SelectionKey.OP_READ);
  }

  private static byte[] get(int firstChannel, int channels) {
    return ("GET /events?first="
            + firstChannel
            + "&count="
            + channels
            + " HTTP/1.1\r\n"
            + "Host: localhost\r\nAccept: text/event-stream\r\n\r\n")
        .getBytes(StandardCharsets.US_ASCII);
  }

  /** Opens a stream that is never read. */
  SocketChannel openUnread(int firstChannel, int channels) throws IOException {
    SocketChannel socket = SocketChannel.open();
    socket.setOption(StandardSocketOptions.SO_RCVBUF, SMALL_BUFFER);
    socket.setOption(StandardSocketOptions.SO_LINGER, 0);
    connect(socket);
    socket.write(ByteBuffer.wrap(get(firstChannel, channels)));
    return socket;
  }

  private void connect(SocketChannel socket) throws IOException {
    socket.socket().connect(server, (int) TimeUnit.SECONDS.toMillis(PATIENCE_SECONDS));
  }

  /** Opens a stream that is read and not counted. */
  SocketChannel openUncounted(Tally other) throws IOException {
    SocketChannel socket = SocketChannel.open();
    connect(socket);
    socket.write(ByteBuffer.wrap(get(0, 1)));
    socket.configureBlocking(false);
    onThread(
        () -> {
          try {
            return socket.register(
                selector, SelectionKey.OP_READ, new Client(socket, other, messageSize, 0, 1));
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });
    return socket;
  }

  /** Runs a task on the load client's thread, which owns the tally. */
  <T> T onThread(Supplier<T> task) {
    CompletableFuture<T> done = new CompletableFuture<>();
    tasks.add(
        () -> {
          try {
            done.complete(task.get());
          } catch (RuntimeException e) {
            done.completeExceptionally(e);
          }
        });
    selector.wakeup();
    try {
      return done.orTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS).join();
    } catch (CompletionException e) {
      throw new IllegalStateException("load client: " + e.getCause(), e);
    }
  }

  private void run() {
    try {
      while (!closed) {
        selector.select(this::ready, 1000);
        for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
          task.run();
        }
      }
    } catch (IOException | RuntimeException e) {
      tally.problem = "load client: " + e;
    }
  }

  private void ready(SelectionKey key) {
    Client client = (Client) key.attachment();
    try {
      if (key.isConnectable()) {
        client.socket.finishConnect();
        request(key, client);
        return;
      }
      direct.clear();
      int length = client.socket.read(direct);
      if (length < 0) {
        ended(key);
        return;
      }
      direct.flip().get(bytes, 0, length);
      client.read(bytes, length, System.nanoTime());
    } catch (IOException e) {
      ended(key);
    } catch (CancelledKeyException e) {
      // Closed by another thread while we selected.
    }
  }

  private void ended(SelectionKey key) {
    if (key.isValid()) {
      key.cancel();
      tally.ended++;
    }
  }

  @Override
  public void close() throws IOException {
    onThread(
        () -> {
          for (SocketChannel socket : sockets) {
            closeQuietly(socket);
          }
          return closed = true;
        });
    selector.close();
  }

  static void closeQuietly(SocketChannel socket) {
    try {
      socket.close();
    } catch (IOException e) {
      System.err.println("a socket doesn't close: " + e);
    }
  }
}
