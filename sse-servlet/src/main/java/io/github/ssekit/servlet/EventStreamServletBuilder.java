package io.github.ssekit.servlet;

import io.github.ssekit.hub.Hub;
import jakarta.servlet.http.HttpServletRequest;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Builds an {@link EventStreamServlet}. Not thread-safe.
 *
 * <pre>{@code
 * EventStreamServlet events = EventStreamServlet.builder(hub, request -> Admission.to("news"))
 *     .owner(HttpServletRequest::getRemoteUser)
 *     .allowOrigins("https://app.example")
 *     .create();
 * }</pre>
 */
public final class EventStreamServletBuilder {
  final Hub hub;
  final Function<? super HttpServletRequest, Admission> selector;
  Function<? super HttpServletRequest, @Nullable String> owner = request -> null;
  OverCapacityAnswer overCapacity = OverCapacityAnswer.DEFAULT;
  private List<String> origins = List.of();
  private List<String> headers = List.of();
  private boolean credentials;
  boolean acceptsPost;

  EventStreamServletBuilder(Hub hub, Function<? super HttpServletRequest, Admission> selector) {
    this.hub = Objects.requireNonNull(hub, "hub");
    this.selector = Objects.requireNonNull(selector, "selector");
  }

  /**
   * The owner of a connection for which the selector has set no owner, see {@link
   * io.github.ssekit.hub.HubBuilder#maxConnectionsPerOwner}. For example {@code
   * HttpServletRequest::getRemoteUser}; or {@code getRemoteAddr}, which behind a proxy is the
   * proxy's address unless the container is configured otherwise. Default: no owner.
   *
   * @param ownerOf called on the request's thread, for admitted requests; may return null, for no
   *     owner. An exception is handled like the selector's.
   */
  public EventStreamServletBuilder owner(
      Function<? super HttpServletRequest, @Nullable String> ownerOf) {
    owner = Objects.requireNonNull(ownerOf, "ownerOf");
    return this;
  }

  /**
   * The origins whose pages may listen, as browsers write them: {@code https://app.example}, {@code
   * http://localhost:3000}. If the client is built on fetch, name the page's own origin too. {@code
   * "*"} allows every page of every site, without its cookies.
   *
   * <p>A request with another {@code Origin}, including {@code null}, gets status 403 before the
   * selector is called. A request without an {@code Origin} passes: a page of another origin sends
   * {@code Origin} wherever the page could read the stream. Requests for the page's images and
   * scripts have no {@code Origin}: the page can't read their response, but they reach the
   * selector, perhaps with cookies, and count towards the limits. Default: {@code Origin} is not
   * checked, and browsers let no page of another origin read the stream.
   *
   * @param exact the origins; {@link #create} checks how they are written
   */
  public EventStreamServletBuilder allowOrigins(String... exact) {
    Objects.requireNonNull(exact, "origins");
    for (String origin : exact) {
      Objects.requireNonNull(origin, "origin");
    }
    origins = List.of(exact);
    return this;
  }

  /**
   * Lets pages of the allowed origins send cookies ({@code withCredentials}). Needs exact origins,
   * not {@code "*"}.
   */
  public EventStreamServletBuilder allowCredentials() {
    credentials = true;
    return this;
  }

  /**
   * The names of further request headers that pages of the allowed origins may send. {@code
   * Last-Event-ID}, {@code Cache-Control} and {@code Authorization} are always allowed. This is for
   * clients built on fetch: a page can't add a header to an {@code EventSource}. Needs {@link
   * #allowOrigins}. Default: none.
   *
   * @param names the headers; {@link #create} checks how they are written
   */
  public EventStreamServletBuilder allowHeaders(String... names) {
    Objects.requireNonNull(names, "headers");
    for (String header : names) {
      Objects.requireNonNull(header, "header");
    }
    headers = List.of(names);
    return this;
  }

  /**
   * Answers POST like GET: for clients built on fetch that start something and follow it with one
   * request. The selector may read the body. Default: a POST gets status 405.
   */
  public EventStreamServletBuilder acceptPost() {
    acceptsPost = true;
    return this;
  }

  /** The answer to a client if the hub has no room. Default: {@link OverCapacityAnswer#DEFAULT}. */
  public EventStreamServletBuilder overCapacity(OverCapacityAnswer answer) {
    overCapacity = Objects.requireNonNull(answer, "answer");
    return this;
  }

  /**
   * Creates the servlet.
   *
   * @throws IllegalArgumentException if an origin is not written as browsers write it; if a header
   *     is not a header's name; if credentials are allowed without exact origins; or if headers are
   *     allowed without origins
   */
  public EventStreamServlet create() {
    if (credentials && origins.isEmpty()) {
      throw new IllegalArgumentException("allowCredentials needs allowOrigins: name the origins");
    }
    if (!headers.isEmpty() && origins.isEmpty()) {
      throw new IllegalArgumentException("allowHeaders needs allowOrigins: name the origins");
    }
    return new EventStreamServlet(
        this, origins.isEmpty() ? null : new Origins(origins, credentials, headers));
  }
}
