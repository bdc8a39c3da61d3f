package io.github.ssekit.client;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * A server that answers each connection with the bytes of the next script, and records the
 * requests. Once the scripts are used up, the server answers 204. It closes each connection, and
 * says so in the head: otherwise a client may send its next request there, and a lost POST is not
 * sent again.
 */
public final class RawServer implements AutoCloseable {
  static final String STREAM =
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n";

  /** Handles one connection after its request was read. */
  interface Script {
    void run(Socket socket) throws Exception;
  }

  private final ServerSocket listener;
  private final Queue<Script> scripts = new ConcurrentLinkedQueue<>();
  private final Queue<Socket> open = new ConcurrentLinkedQueue<>();
  private final BlockingQueue<String> requests = new LinkedBlockingQueue<>();

  public RawServer() {
    try {
      listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    daemon(this::accept);
  }

  private static void daemon(Runnable task) {
    Thread thread = new Thread(task, "raw-server");
    thread.setDaemon(true);
    thread.start();
  }

  public URI uri() {
    return URI.create("http://127.0.0.1:" + listener.getLocalPort() + "/events");
  }

  RawServer then(Script script) {
    scripts.add(script);
    return this;
  }

  /** Answers with these texts, each a packet of its own, and closes. */
  RawServer then(String... texts) {
    return then(
        socket -> {
          socket.setTcpNoDelay(true);
          for (String text : texts) {
            socket.getOutputStream().write(text.getBytes(UTF_8));
          }
        });
  }

  /** Answers with an event stream, and closes. */
  RawServer thenStream(String body) {
    return then(STREAM, body);
  }

  /** Answers with an event stream of these bytes, and closes. */
  public void thenBytes(byte[] body) {
    then(
        socket -> {
          socket.getOutputStream().write(STREAM.getBytes(UTF_8));
          socket.getOutputStream().write(body);
        });
  }

  /** Answers with an event stream that doesn't end. */
  RawServer thenOpen(String body) {
    return then(
        socket -> {
          socket.getOutputStream().write((STREAM + body).getBytes(UTF_8));
          socket.getInputStream().read();
        });
  }

  /** Answers with a status and headers, without a body. */
  RawServer thenStatus(int status, String... headers) {
    String head = headers.length == 0 ? "" : String.join("\r\n", headers) + "\r\n";
    return then(
        "HTTP/1.1 " + status + " X\r\n" + head + "Connection: close\r\nContent-Length: 0\r\n\r\n");
  }

  /** The next request, its head and its body, or null if no request comes within 20 s. */
  String request() throws InterruptedException {
    return requests.poll(20, TimeUnit.SECONDS);
  }

  List<String> requestsSoFar() {
    return List.copyOf(requests);
  }

  private void accept() {
    try {
      while (true) {
        Socket socket = listener.accept();
        open.add(socket);
        daemon(() -> serve(socket));
      }
    } catch (IOException e) {
      // Closed.
    }
  }

  private void serve(Socket socket) {
    try (socket) {
      requests.add(read(socket.getInputStream()));
      Script script = scripts.poll();
      if (script == null) {
        socket
            .getOutputStream()
            .write("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n".getBytes(UTF_8));
      } else {
        script.run(socket);
      }
    } catch (Exception e) {
      // The client has left.
    }
  }

  private static String read(InputStream in) throws IOException {
    StringBuilder text = new StringBuilder();
    while (text.indexOf("\r\n\r\n") < 0) {
      int next = in.read();
      if (next < 0) {
        throw new IOException("no request: " + text);
      }
      text.append((char) next);
    }
    for (String line : text.toString().lines().toList()) {
      if (line.toLowerCase(Locale.ROOT).startsWith("content-length: ")) {
        byte[] body = in.readNBytes(Integer.parseInt(line.substring(16)));
        text.append(new String(body, ISO_8859_1));
      }
    }
    return text.toString();
  }

  @Override
  public void close() throws IOException {
    listener.close();
    for (Socket socket : open) {
      socket.close();
    }
  }
}
