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

/** An HTTP client that shows a {@link TestStream} each request, each head and each byte. */
final class WireTap extends HttpClient {
  private static final HttpClient CLIENT =
      HttpClient.newBuilder().version(Version.HTTP_1_1).build();

  private final TestStream stream;

  WireTap(TestStream stream) {
    this.stream = stream;
  }

  @Override
  public <T> CompletableFuture<HttpResponse<T>> sendAsync(
      HttpRequest request, BodyHandler<T> handler) {
    String id =
        request.headers().firstValue("Last-Event-ID").map(v -> ", Last-Event-ID " + v).orElse("");
    stream.note("> " + request.method() + " " + request.uri() + id);
    return CLIENT.sendAsync(
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
    return CLIENT.cookieHandler();
  }

  @Override
  public Optional<Duration> connectTimeout() {
    return CLIENT.connectTimeout();
  }

  @Override
  public Redirect followRedirects() {
    return CLIENT.followRedirects();
  }

  @Override
  public Optional<ProxySelector> proxy() {
    return CLIENT.proxy();
  }

  @Override
  public SSLContext sslContext() {
    return CLIENT.sslContext();
  }

  @Override
  public SSLParameters sslParameters() {
    return CLIENT.sslParameters();
  }

  @Override
  public Optional<Authenticator> authenticator() {
    return CLIENT.authenticator();
  }

  @Override
  public Version version() {
    return CLIENT.version();
  }

  @Override
  public Optional<Executor> executor() {
    return CLIENT.executor();
  }
}
