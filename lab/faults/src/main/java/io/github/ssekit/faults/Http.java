package io.github.ssekit.faults;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.stream.Stream;

/** The lab's HTTP client. */
final class Http {
  private static final Duration PATIENCE = Duration.ofMillis(2500);

  /** Long, since a producer waits for Redis as long as its lease. */
  private static final Duration LONG_PATIENCE = Duration.ofSeconds(40);

  private static final HttpClient CLIENT =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(2))
          .build();

  private Http() {}

  static URI events(int port, Iterable<String> channels) {
    return URI.create(
        "http://127.0.0.1:" + port + "/events?channel=" + String.join("&channel=", channels));
  }

  /** Whether a node serves, and is subscribed to Redis. */
  static boolean answers(int port) {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/publish"))
            .timeout(Duration.ofSeconds(1))
            .build();
    try {
      return CLIENT.send(request, BodyHandlers.discarding()).statusCode() == 204;
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** Publishes an event, and returns its id. The event may be published even if the call fails. */
  static String publish(int port, String channel, String token, String data)
      throws IOException, InterruptedException {
    return post(port, "/publish?channel=" + channel + "&token=" + token, data);
  }

  /**
   * Publishes a value of a key of a state channel, and returns the node's reply; an empty value
   * removes the key. The value may be stored even if the call fails.
   */
  static String state(int port, String channel, String key, String data)
      throws IOException, InterruptedException {
    return post(port, "/state?channel=" + channel + "&key=" + key, data);
  }

  private static String post(int port, String path, String data)
      throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
            .timeout(PATIENCE)
            .POST(HttpRequest.BodyPublishers.ofString(data))
            .build();
    HttpResponse<String> response = CLIENT.send(request, BodyHandlers.ofString());
    if (response.statusCode() != 200) {
      throw new IOException(response.statusCode() + " " + response.body());
    }
    return response.body();
  }

  /** Opens an event stream. The timeout is for the head alone. */
  static InputStream stream(URI uri, String lastEventId) throws IOException, InterruptedException {
    HttpResponse<InputStream> response = get(uri, lastEventId);
    if (response.statusCode() != 200) {
      response.body().close();
      throw new IOException("status " + response.statusCode());
    }
    return response.body();
  }

  /** Opens an answer as a viewer. */
  static HttpResponse<InputStream> follow(int port, String answer, String lastEventId)
      throws IOException, InterruptedException {
    return get(URI.create("http://127.0.0.1:" + port + "/answer?id=" + answer), lastEventId);
  }

  private static HttpResponse<InputStream> get(URI uri, String lastEventId)
      throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(uri).timeout(PATIENCE).header("Accept", "text/event-stream");
    if (!lastEventId.isEmpty()) {
      request.header("Last-Event-ID", lastEventId);
    }
    return CLIENT.send(request.build(), BodyHandlers.ofInputStream());
  }

  /**
   * Produces an answer on a node, and returns the lines of the response; waits for the first line.
   */
  static Stream<String> produce(int port, String query) throws IOException, InterruptedException {
    HttpRequest request = post(port, "/produce?" + query).timeout(LONG_PATIENCE).build();
    return CLIENT.send(request, BodyHandlers.ofLines()).body();
  }

  /**
   * Stops an answer, and returns whether this call has stopped it. The answer may be stopped even
   * if the call fails.
   */
  static boolean stop(int port, String answer) throws IOException, InterruptedException {
    HttpRequest request = post(port, "/stop?id=" + answer).timeout(LONG_PATIENCE).build();
    HttpResponse<String> response = CLIENT.send(request, BodyHandlers.ofString());
    if (response.statusCode() != 200) {
      throw new IOException("status " + response.statusCode());
    }
    return Boolean.parseBoolean(response.body());
  }

  private static HttpRequest.Builder post(int port, String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
        .POST(HttpRequest.BodyPublishers.noBody());
  }
}
