package io.github.ssekit.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.ToIntFunction;

/**
 * The least work that a Java server can do for a fan-out: one thread, prepared bytes, one write a
 * client, only the HTTP that the load client needs. In two forms: a write for each event, and one
 * write for all waiting events.
 */
final class Floor implements ToIntFunction<String> {
  private static final byte[] HEAD =
      ("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
          .getBytes(StandardCharsets.US_ASCII);

  /** Bytes that may wait for a client that doesn't read. */
  private static final int BACKLOG = 1 << 20;

  private record Waiting(int channel, byte[] chunk) {}

  private final boolean join;
  private final Queue<Waiting> waiting = new ConcurrentLinkedQueue<>();
  private final Map<Integer, List<SelectionKey>> subscribers = new HashMap<>();
  private final ByteBuffer direct = ByteBuffer.allocateDirect(4 << 20);
  private final Selector selector = open();

  private Floor(boolean join) {
    this.join = join;
  }

  static final class Each implements ToIntFunction<String> {
    @Override
    public int applyAsInt(String redis) {
      return new Floor(false).applyAsInt(redis);
    }
  }

  static final class Joined implements ToIntFunction<String> {
    @Override
    public int applyAsInt(String redis) {
      return new Floor(true).applyAsInt(redis);
    }
  }

  @Override
  public int applyAsInt(String redis) {
    try {
      ServerSocketChannel server = ServerSocketChannel.open();
      server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 1024);
      server.configureBlocking(false);
      server.register(selector, SelectionKey.OP_ACCEPT, server);
      new Thread(this::run, "floor").start();
      RedisListener.start(redis, this::publish);
      return ((InetSocketAddress) server.getLocalAddress()).getPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void publish(int channel, byte[] data) {
    String size = Integer.toHexString(data.length + 8);
    byte[] chunk = new byte[size.length() + data.length + 12];
    ByteBuffer.wrap(chunk)
        .put((size + "\r\ndata: ").getBytes(StandardCharsets.US_ASCII))
        .put(data)
        .put("\n\n\r\n".getBytes(StandardCharsets.US_ASCII));
    waiting.add(new Waiting(channel, chunk));
    selector.wakeup();
  }

  private void run() {
    try {
      while (true) {
        selector.select(this::ready);
        Map<Integer, List<byte[]>> joined = new HashMap<>();
        for (Waiting next = waiting.poll(); next != null; next = waiting.poll()) {
          if (join) {
            joined.computeIfAbsent(next.channel, c -> new ArrayList<>()).add(next.chunk);
          } else {
            broadcast(next.channel, List.of(next.chunk));
          }
        }
        joined.forEach(this::broadcast);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void broadcast(int channel, List<byte[]> chunks) {
    direct.clear();
    chunks.forEach(direct::put);
    int length = direct.position();
    List<SelectionKey> keys = subscribers.getOrDefault(channel, List.of());
    boolean gone = false;
    for (SelectionKey key : keys) {
      try {
        if (key.isValid()) {
          ((Backlog) key.attachment()).write(key, direct.limit(length).position(0));
        } else {
          gone = true;
        }
      } catch (IOException e) {
        end(key);
      }
    }
    if (gone) {
      keys.removeIf(key -> !key.isValid());
    }
  }

  private void ready(SelectionKey key) {
    try {
      if (key.isAcceptable()) {
        accept((ServerSocketChannel) key.channel());
      } else if (key.isWritable()) {
        ((Backlog) key.attachment()).drain(key);
      } else {
        request(key);
      }
    } catch (IOException e) {
      end(key);
    }
  }

  private void accept(ServerSocketChannel server) throws IOException {
    for (SocketChannel client = server.accept(); client != null; client = server.accept()) {
      client.configureBlocking(false);
      client.setOption(StandardSocketOptions.TCP_NODELAY, true);
      client.register(selector, SelectionKey.OP_READ, new Backlog());
    }
  }

  /** The load client's requests come whole: {@code GET /events?first=1&count=2 HTTP/1.1}. */
  private void request(SelectionKey key) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(1024);
    if (((SocketChannel) key.channel()).read(bytes) < 0) {
      end(key);
      return;
    }
    String[] words = new String(bytes.array(), StandardCharsets.US_ASCII).split("[=& ]");
    int first = Integer.parseInt(words[2]);
    int count = Integer.parseInt(words[4]);
    for (int channel = first; channel < first + count; channel++) {
      subscribers.computeIfAbsent(channel, c -> new ArrayList<>()).add(key);
    }
    ((SocketChannel) key.channel()).write(ByteBuffer.wrap(HEAD));
  }

  private void end(SelectionKey key) {
    key.cancel();
    Load.closeQuietly((SocketChannel) key.channel());
  }

  private static Selector open() {
    try {
      return Selector.open();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Bytes that the socket did not accept immediately. */
  private static final class Backlog {
    private ByteBuffer left = ByteBuffer.allocate(0);

    void write(SelectionKey key, ByteBuffer bytes) throws IOException {
      if (!left.hasRemaining()) {
        ((SocketChannel) key.channel()).write(bytes);
      }
      if (bytes.hasRemaining()) {
        if (left.remaining() + bytes.remaining() > BACKLOG) {
          throw new IOException("the client doesn't read");
        }
        left =
            ByteBuffer.allocate(left.remaining() + bytes.remaining()).put(left).put(bytes).flip();
        key.interestOps(SelectionKey.OP_READ | SelectionKey.OP_WRITE);
      }
    }

    void drain(SelectionKey key) throws IOException {
      ((SocketChannel) key.channel()).write(left);
      if (!left.hasRemaining()) {
        left = ByteBuffer.allocate(0);
        key.interestOps(SelectionKey.OP_READ);
      }
    }
  }
}
