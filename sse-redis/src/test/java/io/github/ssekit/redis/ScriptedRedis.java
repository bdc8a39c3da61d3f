package io.github.ssekit.redis;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;

/**
 * A server that speaks the Redis protocol, knows PUBLISH, and replies as a test says. It reads no
 * more from a connection on which an event of more than a megabyte comes.
 */
final class ScriptedRedis implements AutoCloseable {
  static final String OK = ":1\r\n";

  /** In place of a reply: the connection ends. */
  static final String END = "end";

  /** In place of a reply: the server doesn't reply. */
  static final String NONE = "";

  private final Script script;
  private final ServerSocket server = new ServerSocket();
  private final CountDownLatch closed = new CountDownLatch(1);
  private final Queue<Socket> sockets = new ConcurrentLinkedQueue<>();
  private final Queue<String> accepted = new ConcurrentLinkedQueue<>();

  interface Script {
    /**
     * Returns the server's reply to a PUBLISH.
     *
     * @param connection the number of the connection, from 0 on
     */
    String reply(int connection, String data) throws InterruptedException;
  }

  ScriptedRedis(Script script) throws IOException {
    this.script = script;
    // The kernel then accepts few bytes that the server doesn't read.
    server.setReceiveBufferSize(64 << 10);
    server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    start(this::accept);
  }

  URI uri() {
    return URI.create("redis://127.0.0.1:" + server.getLocalPort());
  }

  /** The data of the publishes to which the server replied {@link #OK}. */
  List<String> accepted() {
    return List.copyOf(accepted);
  }

  private static void start(Runnable task) {
    Thread thread = new Thread(task, "scripted-redis");
    thread.setDaemon(true);
    thread.start();
  }

  private void accept() {
    for (int i = 0; !server.isClosed(); i++) {
      try {
        Socket socket = server.accept();
        sockets.add(socket);
        int connection = i;
        start(() -> serve(connection, socket));
      } catch (IOException e) {
        // The server is closed.
      }
    }
  }

  private void serve(int connection, Socket socket) {
    try (socket) {
      DataInputStream in = new DataInputStream(socket.getInputStream());
      OutputStream out = socket.getOutputStream();
      while (true) {
        List<String> words = command(in);
        boolean isPublish = words.get(0).equals("PUBLISH");
        String reply = isPublish ? script.reply(connection, words.get(2)) : otherwise(words.get(0));
        if (reply.equals(END)) {
          return;
        }
        if (isPublish && reply.equals(OK)) {
          accepted.add(words.get(2));
        }
        out.write(reply.getBytes(UTF_8));
      }
    } catch (IOException | InterruptedException e) {
      // The other end has closed the connection, or the test is over.
    }
  }

  private static String otherwise(String command) {
    return command.equals("HELLO") ? "*2\r\n$5\r\nproto\r\n:2\r\n" : "+OK\r\n";
  }

  /** Reads a command such as {@code *3 $7 PUBLISH $4 chat $5 hello}, with CRLF after each word. */
  private List<String> command(DataInputStream in) throws IOException, InterruptedException {
    int count = Integer.parseInt(line(in).substring(1));
    List<String> words = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int length = Integer.parseInt(line(in).substring(1));
      if (length > 1 << 20) {
        closed.await();
      }
      byte[] word = new byte[length];
      in.readFully(word);
      in.readFully(new byte[2]);
      words.add(new String(word, UTF_8));
    }
    return words;
  }

  private static String line(DataInputStream in) throws IOException {
    StringBuilder line = new StringBuilder();
    for (int c = in.readUnsignedByte(); c != '\n'; c = in.readUnsignedByte()) {
      line.append((char) c);
    }
    return line.toString().strip();
  }

  @Override
  public void close() throws IOException {
    closed.countDown();
    server.close();
    for (Socket socket : sockets) {
      socket.close();
    }
  }
}
