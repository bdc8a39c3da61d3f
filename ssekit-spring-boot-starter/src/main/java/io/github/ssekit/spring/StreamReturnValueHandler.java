package io.github.ssekit.spring;

import io.github.ssekit.hub.Connection;
import io.github.ssekit.hub.ConnectionOptions;
import io.github.ssekit.hub.Hub;
import io.github.ssekit.servlet.Admission;
import io.github.ssekit.servlet.EventStreams;
import io.github.ssekit.servlet.OverCapacityAnswer;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.core.MethodParameter;
import org.springframework.http.HttpHeaders;
import org.springframework.web.context.request.NativeWebRequest;
import org.springframework.web.method.support.AsyncHandlerMethodReturnValueHandler;
import org.springframework.web.method.support.ModelAndViewContainer;

/**
 * Opens the stream that a controller has returned. An {@code Async…} handler, since other handlers
 * come after the handlers for {@code @ResponseBody}, which would look for a converter.
 */
final class StreamReturnValueHandler implements AsyncHandlerMethodReturnValueHandler {
  private final Supplier<Hub> hub;
  private final Supplier<? extends Iterable<StreamCustomizer>> customizers;
  private final Supplier<OverCapacityAnswer> overCapacity;
  private final Supplier<@Nullable SessionStreams> sessions;

  StreamReturnValueHandler(
      Supplier<Hub> hub,
      Supplier<? extends Iterable<StreamCustomizer>> customizers,
      Supplier<OverCapacityAnswer> overCapacity,
      Supplier<@Nullable SessionStreams> sessions) {
    this.hub = hub;
    this.customizers = customizers;
    this.overCapacity = overCapacity;
    this.sessions = sessions;
  }

  @Override
  public boolean isAsyncReturnValue(@Nullable Object value, MethodParameter returnType) {
    return supportsReturnType(returnType)
        || value instanceof ConnectionOptions
        || value instanceof Admission;
  }

  @Override
  public boolean supportsReturnType(MethodParameter returnType) {
    Class<?> type = returnType.getParameterType();
    return type == ConnectionOptions.class || type == Admission.class;
  }

  @Override
  public void handleReturnValue(
      @Nullable Object value,
      MethodParameter returnType,
      ModelAndViewContainer container,
      NativeWebRequest webRequest) {
    HttpServletRequest request =
        Objects.requireNonNull(webRequest.getNativeRequest(HttpServletRequest.class));
    HttpServletResponse response =
        Objects.requireNonNull(webRequest.getNativeResponse(HttpServletResponse.class));
    container.setRequestHandled(true);
    if (value instanceof ConnectionOptions options) {
      open(options, request, response);
    } else if (value instanceof Admission admission) {
      ConnectionOptions options = admission.options();
      if (options == null) {
        response.setStatus(admission.status());
        response.setHeader(HttpHeaders.CACHE_CONTROL, "no-store");
      } else {
        open(options, request, response);
      }
    } else {
      throw new IllegalStateException(
          returnType.getMethod()
              + " returned null: return ConnectionOptions.of(channels) or Admission.refuse(status)");
    }
  }

  private void open(
      ConnectionOptions returned, HttpServletRequest request, HttpServletResponse response) {
    ConnectionOptions options = returned;
    for (StreamCustomizer each : customizers.get()) {
      options = each.customize(options, request);
    }
    SessionStreams ofSessions = sessions.get();
    // Read before the stream opens: afterwards the request belongs to the stream.
    SessionStreams.Session session = ofSessions == null ? null : ofSessions.of(request);
    Connection connection =
        EventStreams.open(hub.get(), request, response, options, overCapacity.get());
    if (session != null) {
      session.opened(connection);
    }
  }
}
