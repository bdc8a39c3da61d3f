package io.github.ssekit.testing;

import java.net.Authenticator;
import java.net.CookieHandler;
import java.net.ProxySelector;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodySubscriber;
import java.net.http.HttpResponse.PushPromiseHandler;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.Flow;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;

/**
 * An HTTP client around another client. Shows a {@link TestStream} each request, each answer's
 * status and type, and every byte of the answer's body.
 */
final class WireTap extends HttpClient {
  /** The client of tests that bring none. */
  static final HttpClient DEFAULT = HttpClient.newBuilder().version(Version.HTTP_1_1).build();

  private final HttpClient client;
  private final TestStream stream;

  WireTap(HttpClient client, TestStream stream) {
    this.client = client;
    this.stream = stream;
  }

  @Override
  public <T> CompletableFuture<HttpResponse<T>> sendAsync(
      HttpRequest request, BodyHandler<T> handler) {
    String id =
        request.headers().firstValue("Last-Event-ID").map(v -> ", Last-Event-ID " + v).orElse("");
    stream.note("> " + request.method() + " " + request.uri() + id);
    return client.sendAsync(
        request,
        info -> {
          String type = info.headers().firstValue("Content-Type").orElse("no type");
          stream.note("< " + info.statusCode() + ", " + type);
          return new Tapped<>(handler.apply(info), stream);
        });
  }

  private record Tapped<T>(BodySubscriber<T> to, TestStream stream) implements BodySubscriber<T> {
    @Override
    public CompletionStage<T> getBody() {
      return to.getBody();
    }

    @Override
    public void onSubscribe(Flow.Subscription subscription) {
      to.onSubscribe(subscription);
    }

    @Override
    public void onNext(List<ByteBuffer> buffers) {
      for (ByteBuffer each : buffers) {
        byte[] bytes = new byte[each.remaining()];
        each.duplicate().get(bytes);
        stream.wrote(bytes, 0, bytes.length);
      }
      to.onNext(buffers);
    }

    @Override
    public void onError(Throwable failure) {
      to.onError(failure);
    }

    @Override
    public void onComplete() {
      to.onComplete();
    }
  }

  @Override
  public <T> CompletableFuture<HttpResponse<T>> sendAsync(
      HttpRequest request, BodyHandler<T> handler, PushPromiseHandler<T> pushes) {
    throw new UnsupportedOperationException();
  }

  @Override
  public <T> HttpResponse<T> send(HttpRequest request, BodyHandler<T> handler) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Optional<CookieHandler> cookieHandler() {
    return client.cookieHandler();
  }

  @Override
  public Optional<Duration> connectTimeout() {
    return client.connectTimeout();
  }

  @Override
  public Redirect followRedirects() {
    return client.followRedirects();
  }

  @Override
  public Optional<ProxySelector> proxy() {
    return client.proxy();
  }

  @Override
  public SSLContext sslContext() {
    return client.sslContext();
  }

  @Override
  public SSLParameters sslParameters() {
    return client.sslParameters();
  }

  @Override
  public Optional<Authenticator> authenticator() {
    return client.authenticator();
  }

  @Override
  public Version version() {
    return client.version();
  }

  @Override
  public Optional<Executor> executor() {
    return client.executor();
  }
}
