package io.github.ssekit.servlet;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.util.Locale;

/**
 * A client that makes all of its requests on one connection, one after the other, and takes no byte
 * that doesn't belong to the response.
 */
interface KeepAlive {
  /** The whole body of a response, whose status must be 200. */
  String get(String path) throws Exception;

  /** Reads some bytes of a response's body and goes; the next request may need a new connection. */
  void cut(String path, int bytes) throws Exception;

  void close() throws IOException;

  static KeepAlive to(Protocol protocol, int port) throws Exception {
    return protocol == Protocol.HTTP_2
        ? new OneStreamOfMany(new Client(protocol, port))
        : new OneSocket(protocol, port);
  }

  /** With HTTP/2 the JDK's client keeps the connection. */
  final class OneStreamOfMany implements KeepAlive {
    private final Client client;

    OneStreamOfMany(Client client) {
      this.client = client;
    }

    @Override
    public String get(String path) throws Exception {
      try (InputStream body = client.open(path).body()) {
        return new String(body.readAllBytes(), UTF_8);
      }
    }

    @Override
    public void cut(String path, int bytes) throws Exception {
      try (InputStream body = client.open(path).body()) {
        body.readNBytes(bytes);
      }
    }

    @Override
    public void close() {}
  }

  /** With HTTP/1.1, read byte by byte here. */
  final class OneSocket implements KeepAlive {
    private final Protocol protocol;
    private final int port;
    private Socket socket;
    private InputStream in;

    OneSocket(Protocol protocol, int port) throws Exception {
      this.protocol = protocol;
      this.port = port;
      connect();
    }

    private void connect() throws Exception {
      socket =
          protocol.tls()
              ? Tls.context().getSocketFactory().createSocket("localhost", port)
              : new Socket("localhost", port);
      socket.setTcpNoDelay(true);
      socket.setSoTimeout(60_000);
      in = new BufferedInputStream(socket.getInputStream());
    }

    @Override
    public String get(String path) throws Exception {
      String head = head(path);
      ByteArrayOutputStream body = new ByteArrayOutputStream();
      if (head.contains("\r\ntransfer-encoding: chunked\r\n")) {
        for (int length = chunk(); length > 0; length = chunk()) {
          body.write(bytes(length));
          expect("");
        }
        expect("");
      } else {
        String length = head.split("\r\ncontent-length: ", 2)[1].split("\r\n", 2)[0];
        body.write(bytes(Integer.parseInt(length)));
      }
      return body.toString(UTF_8);
    }

    @Override
    public void cut(String path, int bytes) throws Exception {
      head(path);
      bytes(bytes);
      if (bytes % 2 == 0 && !protocol.tls()) {
        socket.setSoLinger(true, 0);
      }
      close();
      connect();
    }

    private String head(String path) throws IOException {
      String request = "GET " + path + " HTTP/1.1\r\nHost: localhost:" + port + "\r\n\r\n";
      socket.getOutputStream().write(request.getBytes(ISO_8859_1));
      StringBuilder head = new StringBuilder(line()).append("\r\n");
      if (!head.toString().startsWith("HTTP/1.1 200")) {
        throw new IOException("Not a response to " + path + ": " + head);
      }
      String line;
      do {
        line = line();
        head.append(line.toLowerCase(Locale.ROOT)).append("\r\n");
      } while (!line.isEmpty());
      return head.toString();
    }

    private int chunk() throws IOException {
      return Integer.parseInt(line(), 16);
    }

    private void expect(String expected) throws IOException {
      String line = line();
      if (!line.equals(expected)) {
        throw new IOException("A foreign line: " + line);
      }
    }

    private byte[] bytes(int length) throws IOException {
      byte[] bytes = in.readNBytes(length);
      if (bytes.length < length) {
        throw new EOFException();
      }
      return bytes;
    }

    private String line() throws IOException {
      ByteArrayOutputStream line = new ByteArrayOutputStream();
      for (int b = in.read(); b != '\n'; b = in.read()) {
        if (b < 0) {
          throw new EOFException("within a head or chunk, after " + line);
        }
        line.write(b);
      }
      String text = line.toString(UTF_8);
      if (!text.endsWith("\r")) {
        throw new IOException("A foreign line: " + text);
      }
      return text.substring(0, text.length() - 1);
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }
}
