package io.github.ssekit.client;

import static java.util.concurrent.TimeUnit.NANOSECONDS;

import java.io.IOException;
import java.io.InputStream;
import java.math.BigInteger;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodySubscriber;
import java.net.http.HttpResponse.BodySubscribers;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;

/**
 * Asks for an event stream, follows redirects, and judges the answer (WHATWG HTML 9.2.2, 9.2.3):
 *
 * <pre>
 *   200 and text/event-stream ──► the stream
 *   204                       ──► null: the server asks the client to stop
 *   301 302 303 307 308       ──► the same, of the location
 *   retryStatus               ──► TemporaryStatusException: another attempt follows
 *   anything else             ──► EventSourceException: the connection has failed for good
 *   no answer                 ──► another IOException: another attempt follows
 * </pre>
 *
 * This class follows redirects, not the {@code HttpClient}: it would send the application's
 * headers, an {@code Authorization} among them, to any origin that it is redirected to.
 */
final class Connector {
  private static final int MOST_REDIRECTS = 20;
  static final int MOST_ID = 4_096;
  private static final int MOST_SHOWN = 500;

  /** A day, in seconds. */
  private static final BigInteger LONGEST_RETRY_AFTER = BigInteger.valueOf(86_400);

  /** The client that all sources share unless they bring their own. */
  private static final class Shared {
    static final HttpClient CLIENT =
        HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(10)).build();
  }

  /** An answer, as soon as its head has come. */
  private record Response(int status, HttpHeaders headers, InputStream body) {}

  /** An open stream, its address after all redirects, and the headers of its answer. */
  record Answer(URI uri, HttpHeaders headers, InputStream body) {}

  /** A request, which a redirect turns into the next request. */
  private record Hop(URI uri, @Nullable BodyPublisher body, Map<String, String> headers) {
    String method() {
      return body == null ? "GET" : "POST";
    }

    @Override
    public String toString() {
      return method() + " " + shown("" + uri);
    }

    Hop to(URI target, int status) {
      boolean keepsBody = status == 307 || status == 308;
      return new Hop(
          target,
          keepsBody ? body : null,
          isSameOrigin(uri, target) ? headers : keepsBody ? ofBody(headers) : Map.of());
    }

    private static Map<String, String> ofBody(Map<String, String> headers) {
      String type = headers.get("Content-Type");
      return type == null ? Map.of() : Map.of("Content-Type", type);
    }
  }

  private final Settings settings;

  Connector(Settings settings) {
    this.settings = settings;
  }

  /**
   * Opens the stream; null if the server asks the client to stop.
   *
   * @throws EventSourceException if the connection has failed for good
   * @throws IOException if another attempt may succeed
   * @throws InterruptedException if the thread is interrupted
   */
  @Nullable Answer open(String lastEventId, Abortable attempt)
      throws IOException, InterruptedException {
    Hop hop = new Hop(settings.uri(), settings.body(), ownHeaders());
    for (int redirects = 0; ; redirects++) {
      Response response = send(hop, lastEventId, attempt);
      if (response.status == 200) {
        return stream(hop, response, attempt);
      }
      response.body.close();
      URI target = redirect(hop, response);
      if (target == null) {
        judge(hop, response);
        return null;
      }
      if (redirects == MOST_REDIRECTS) {
        throw new EventSourceException(
            "more than " + MOST_REDIRECTS + " redirects, the last by " + hop, response.status);
      }
      hop = hop.to(target, response.status);
    }
  }

  private Map<String, String> ownHeaders() throws IOException {
    Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    try {
      headers.putAll(settings.headers().get());
    } catch (Exception e) {
      // A token that isn't available now may be available later. Exception, not RuntimeException:
      // Kotlin and others throw checked exceptions.
      if (e instanceof InterruptedException) {
        Thread.currentThread().interrupt();
      }
      throw new IOException("the supplier of headers failed: " + e, e);
    }
    return headers;
  }

  private Response send(Hop hop, String lastEventId, Abortable attempt)
      throws IOException, InterruptedException {
    // Completed on a thread of the HTTP client. The client's own future needs one of the common
    // pool, whose threads may all be busy, perhaps with waiting for this source. A failure still
    // needs such a thread; without one, the answer timeout ends the attempt.
    CompletableFuture<Response> answer = new CompletableFuture<>();
    attempt.step(() -> answer.cancel(true));
    if (answer.isCancelled()) {
      throw new IOException(hop + ": aborted");
    }
    HttpClient client = settings.client();
    CompletableFuture<HttpResponse<InputStream>> sent =
        (client == null ? Shared.CLIENT : client)
            .sendAsync(request(hop, lastEventId), info -> body(info, client == null, answer));
    CompletableFuture<HttpResponse<InputStream>> unused =
        sent.whenComplete((response, failure) -> sent(response, failure, answer));
    attempt.step(() -> abandon(sent, answer));
    try {
      // Not with the request's own timeout: since JDK 26 the request's timeout bounds the body too.
      return answer.get(settings.answerTimeout().toNanos(), NANOSECONDS);
    } catch (TimeoutException e) {
      abandon(sent, answer);
      throw new HttpTimeoutException(hop + ": no answer within " + settings.answerTimeout());
    } catch (InterruptedException e) {
      abandon(sent, answer);
      throw e;
    } catch (CancellationException e) {
      throw new IOException(hop + ": aborted", e);
    } catch (ExecutionException e) {
      throw new IOException(hop + ": " + shown("" + e.getCause()), e.getCause());
    }
  }

  /** Takes the answer when its head has come. */
  private static BodySubscriber<InputStream> body(
      HttpResponse.ResponseInfo info, boolean isShared, CompletableFuture<Response> answer) {
    BodySubscriber<InputStream> subscriber = BodySubscribers.ofInputStream();
    // Complete already: the stream is read while the body comes.
    InputStream body = subscriber.getBody().toCompletableFuture().join();
    // A client of the application may repeat a refused request by itself.
    if ((isShared || info.statusCode() == 200)
        && !answer.complete(new Response(info.statusCode(), info.headers(), body))) {
      closeQuietly(body);
    }
    return subscriber;
  }

  /** Takes an answer that {@link #body} has not taken, or the failure. */
  private static void sent(
      @Nullable HttpResponse<InputStream> response,
      @Nullable Throwable failure,
      CompletableFuture<Response> answer) {
    if (response != null) {
      InputStream body = response.body(); // null after a proxy's 407
      Response last =
          new Response(
              response.statusCode(),
              response.headers(),
              body == null ? InputStream.nullInputStream() : body);
      if (!answer.complete(last) && answer.isCompletedExceptionally()) {
        closeQuietly(last.body);
      }
    } else if (failure != null && !answer.completeExceptionally(failure)) {
      CompletableFuture<Void> unused = answer.thenAccept(given -> closeQuietly(given.body));
    }
  }

  /** Cancels a request; if its answer has come by now, closes the answer's body. */
  private static void abandon(
      CompletableFuture<HttpResponse<InputStream>> sent, CompletableFuture<Response> answer) {
    sent.cancel(true);
    answer.cancel(true);
    CompletableFuture<Void> unused = answer.thenAccept(response -> closeQuietly(response.body));
  }

  private static void closeQuietly(InputStream body) {
    try {
      body.close();
    } catch (IOException e) {
      // It is closed, and nobody reads it.
    }
  }

  private HttpRequest request(Hop hop, String lastEventId) {
    HttpRequest.Builder request = HttpRequest.newBuilder(hop.uri());
    if (settings.client() == null) {
      // A connection of HTTP/2 would be shared: given up, it would carry the next attempt, too, and
      // its server's limit of streams would keep further sources waiting.
      request.version(HttpClient.Version.HTTP_1_1);
    }
    request.setHeader("Accept", "text/event-stream").setHeader("Cache-Control", "no-cache");
    hop.headers().forEach(request::setHeader);
    if (!lastEventId.isEmpty() && isSendable(lastEventId)) {
      request.setHeader("Last-Event-ID", lastEventId);
    }
    BodyPublisher body = hop.body();
    return request.method(hop.method(), body == null ? BodyPublishers.noBody() : body).build();
  }

  /**
   * Whether a header can carry an id. Servers refuse a head that is too long for them, 8 KB for
   * most, and would refuse it at each attempt.
   */
  static boolean isSendable(String id) {
    return id.length() <= MOST_ID && id.chars().allMatch(c -> c >= ' ' && c < 127);
  }

  /** A server's text for a message or a log: cut, without control characters. */
  private static String shown(String text) {
    String cut = text.length() > MOST_SHOWN ? text.substring(0, MOST_SHOWN) + "…" : text;
    return cut.replaceAll("[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}]", "?");
  }

  /** The target of the answer's redirect; null if the answer isn't a redirect. */
  private static @Nullable URI redirect(Hop hop, Response response) throws EventSourceException {
    int status = response.status;
    if (status < 301 || status > 308 || (status > 303 && status < 307)) {
      return null;
    }
    String location = response.headers.firstValue("Location").orElse("");
    URI target;
    try {
      target = resolve(hop.uri(), location);
    } catch (IllegalArgumentException e) {
      throw new EventSourceException(refused(hop, status) + shown(location), status, e);
    }
    String scheme = String.valueOf(target.getScheme()).toLowerCase(Locale.ROOT);
    boolean wasSecure = "https".equalsIgnoreCase(hop.uri().getScheme());
    boolean fits = scheme.equals("https") || (scheme.equals("http") && !wasSecure);
    if (location.isEmpty() || !fits || target.getHost() == null) {
      throw new EventSourceException(refused(hop, status) + shown("" + target), status);
    }
    return target;
  }

  /** As RFC 3986, which {@link URI#resolve(URI)} does not follow for a query alone. */
  private static URI resolve(URI base, String location) {
    return location.startsWith("?")
        ? URI.create(base.toString().split("[?#]", 2)[0] + location)
        : base.resolve(location);
  }

  private static String refused(Hop hop, int status) {
    return hop + ": status " + status + ", a redirect that is not followed, to ";
  }

  private static boolean isSameOrigin(URI one, URI other) {
    return one.getScheme().equalsIgnoreCase(other.getScheme())
        && one.getHost().equalsIgnoreCase(other.getHost())
        && port(one) == port(other);
  }

  private static int port(URI uri) {
    int standard = "https".equalsIgnoreCase(uri.getScheme()) ? 443 : 80;
    return uri.getPort() < 0 ? standard : uri.getPort();
  }

  /** Returns if the answer asks the client to stop; otherwise throws. */
  private void judge(Hop hop, Response response) throws IOException {
    int status = response.status;
    if (status == 204) {
      return;
    }
    String message = hop + ": status " + status;
    if (settings.retryStatus().test(status)) {
      throw new TemporaryStatusException(message, retryAfter(response.headers));
    }
    throw new EventSourceException(message + ", where an event stream has 200", status);
  }

  /**
   * The seconds of a {@code Retry-After}, a day at most; zero without the header, or for a date.
   */
  private static Duration retryAfter(HttpHeaders headers) {
    return headers
        .firstValue("Retry-After")
        .filter(value -> value.matches("\\d+"))
        .map(BigInteger::new)
        .map(seconds -> seconds.min(LONGEST_RETRY_AFTER))
        .map(seconds -> Duration.ofSeconds(seconds.longValue()))
        .orElse(Duration.ZERO);
  }

  private Answer stream(Hop hop, Response response, Abortable attempt) throws IOException {
    HttpHeaders headers = response.headers;
    String type = headers.firstValue("Content-Type").orElse("");
    String coding = headers.firstValue("Content-Encoding").orElse("identity").trim();
    boolean gzip = coding.equalsIgnoreCase("gzip") || coding.equalsIgnoreCase("x-gzip");
    String wrong = null;
    if (!type.split(";", 2)[0].trim().equalsIgnoreCase("text/event-stream")) {
      wrong = "the content type is \"" + shown(type) + "\", not text/event-stream";
    } else if (!gzip && !coding.equalsIgnoreCase("identity")) {
      wrong = "the content encoding is \"" + shown(coding) + "\", which was not asked for";
    }
    if (wrong != null) {
      response.body.close();
      throw new EventSourceException(hop + ": " + wrong, 200);
    }
    InputStream body = new WatchedInputStream(response.body, settings.idleTimeout());
    attempt.step(() -> closeQuietly(body));
    try {
      return new Answer(hop.uri(), headers, gzip ? new GZIPInputStream(body) : body);
    } catch (IOException e) {
      body.close();
      throw e;
    }
  }
}
