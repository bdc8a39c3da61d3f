package io.github.ssekit.spring;

import io.github.ssekit.hub.ConnectionOptions;
import jakarta.servlet.http.HttpServletRequest;

/**
 * Completes the options that a controller has returned, before the stream opens: with an owner, for
 * example. All beans of this type are called, in order, on the request's thread.
 *
 * <pre>{@code
 * @Bean
 * StreamCustomizer address() {
 *   return (options, request) -> options.withAttachment(request.getRemoteAddr());
 * }
 * }</pre>
 */
@FunctionalInterface
public interface StreamCustomizer {
  /**
   * Returns the options to open the stream with. Values that the controller has set should stay.
   */
  ConnectionOptions customize(ConnectionOptions options, HttpServletRequest request);
}
