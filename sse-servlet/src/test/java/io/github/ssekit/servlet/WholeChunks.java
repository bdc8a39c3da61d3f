package io.github.ssekit.servlet;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;

/**
 * A client over HTTP/1.1 that takes a chunk only once the line end behind it has arrived, as
 * Python's urllib3 does.
 */
final class WholeChunks implements Closeable {
  private final Socket socket;
  private final InputStream in;

  WholeChunks(Protocol protocol, int port, String path) throws Exception {
    socket =
        protocol.tls()
            ? Tls.context().getSocketFactory().createSocket("localhost", port)
            : new Socket("localhost", port);
    socket.setSoTimeout(20_000);
    String request = "GET " + path + " HTTP/1.1\r\nHost: localhost:" + port + "\r\n\r\n";
    socket.getOutputStream().write(request.getBytes(ISO_8859_1));
    in = new BufferedInputStream(socket.getInputStream());
    while (!line().isEmpty()) {
      // The head.
    }
  }

  /** Reads chunks up to the first that contains this text. */
  void await(String text) throws IOException {
    for (String chunk = next(); !chunk.contains(text); chunk = next()) {
      // A heartbeat, say.
    }
  }

  private String next() throws IOException {
    byte[] bytes = in.readNBytes(Integer.parseInt(line(), 16));
    line();
    return new String(bytes, UTF_8);
  }

  /** Reads a line to its end. */
  private String line() throws IOException {
    StringBuilder line = new StringBuilder();
    for (int b = in.read(); b != '\n'; b = in.read()) {
      if (b < 0) {
        throw new EOFException("after " + line);
      }
      line.append((char) b);
    }
    return line.toString().strip();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
