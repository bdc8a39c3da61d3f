package io.github.ssekit.servlet;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.ssekit.event.EventStreamReader;
import io.github.ssekit.event.SseEvent;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;

/** A client of a cell. With HTTP/2 all of its streams share one connection. */
final class Client {
  static {
    // Small windows, so that a server notices a client that doesn't read after kilobytes instead of
    // megabytes.
    System.setProperty("jdk.httpclient.windowsize", "65536");
    System.setProperty("jdk.httpclient.receiveBufferSize", "16384");
  }

  private final HttpClient http;
  private final URI base;
  private final Protocol protocol;

  Client(Protocol protocol, int port) throws Exception {
    this.protocol = protocol;
    this.base = URI.create(protocol.scheme + "://localhost:" + port);
    HttpClient.Builder builder = HttpClient.newBuilder().version(protocol.version);
    if (protocol.tls()) {
      builder.sslContext(Tls.context());
    }
    this.http = builder.build();
  }

  HttpResponse<InputStream> get(String path, String... headers) throws Exception {
    return ask("GET", path, headers);
  }

  HttpResponse<InputStream> ask(String method, String path, String... headers) throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(base.resolve(path))
            .timeout(Duration.ofSeconds(20))
            .method(method, BodyPublishers.noBody());
    if (headers.length > 0) {
      request.headers(headers);
    }
    HttpResponse<InputStream> response = http.send(request.build(), BodyHandlers.ofInputStream());
    assertEquals(protocol.version, response.version());
    return response;
  }

  /** An event stream whose head has arrived. */
  Stream open(String path) throws Exception {
    HttpResponse<InputStream> response = get(path);
    assertEquals(200, response.statusCode());
    return new Stream(response.body());
  }

  /** The client's end of an event stream. */
  static final class Stream implements AutoCloseable {
    private final InputStream body;
    private final EventStreamReader reader;

    Stream(InputStream body) {
      this.body = body;
      this.reader = new EventStreamReader(body);
    }

    /** The next event's data; null at the end of the stream. Throws if the response is cut off. */
    String next() throws IOException {
      SseEvent event = reader.next();
      return event == null ? null : event.data();
    }

    InputStream body() {
      return body;
    }

    /** Leaves: closes the connection, or with HTTP/2 resets the stream. */
    @Override
    public void close() throws IOException {
      body.close();
    }
  }
}
