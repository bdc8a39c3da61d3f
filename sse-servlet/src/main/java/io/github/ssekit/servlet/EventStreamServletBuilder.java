package io.github.ssekit.servlet;

import io.github.ssekit.hub.Hub;
import jakarta.servlet.http.HttpServletRequest;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The settings of an {@link EventStreamServlet}. Not thread-safe. */
public final class EventStreamServletBuilder {
  final Hub hub;
  final Function<? super HttpServletRequest, Admission> selector;
  Function<? super HttpServletRequest, @Nullable String> owner = request -> null;
  OverCapacityAnswer overCapacity = OverCapacityAnswer.DEFAULT;
  private List<String> origins = List.of();
  private List<String> headers = List.of();
  private boolean credentials;

  EventStreamServletBuilder(Hub hub, Function<? super HttpServletRequest, Admission> selector) {
    this.hub = Objects.requireNonNull(hub, "hub");
    this.selector = Objects.requireNonNull(selector, "selector");
  }

  /**
   * Whom a connection belongs to, if the selector has not said so: for {@link
   * io.github.ssekit.hub.HubBuilder#maxConnectionsPerOwner}. Say {@code
   * HttpServletRequest::getRemoteUser}, or {@code getRemoteAddr}, which behind a proxy is the
   * proxy's unless the container is told otherwise. Default: nobody.
   *
   * @param ownerOf called on the request's thread, for those that are let in; may return null
   */
  public EventStreamServletBuilder owner(
      Function<? super HttpServletRequest, @Nullable String> ownerOf) {
    owner = Objects.requireNonNull(ownerOf, "ownerOf");
    return this;
  }

  /**
   * The origins whose pages may listen, as browsers write them: {@code https://app.example}, {@code
   * http://localhost:3000}; the page's own too, if its client is made of fetch. A request with any
   * other {@code Origin}, {@code null} included, is answered with 403 before the selector is asked;
   * one without is none of a page of another origin, and is let through. Or {@code "*"}: every page
   * of every site, without its cookies. Default: no origin is looked at, and no page of another one
   * can read.
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
   * Lets pages of the allowed origins send cookies ({@code withCredentials}). Only together with
   * exact origins.
   */
  public EventStreamServletBuilder allowCredentials() {
    credentials = true;
    return this;
  }

  /**
   * The request headers that pages of the allowed origins may send, each by its name, beside those
   * that they always may: {@code Last-Event-ID}, {@code Cache-Control} and {@code Authorization}.
   * For clients made of fetch; an {@code EventSource} sends none of its own. Only together with
   * {@link #allowOrigins}. Default: no others.
   */
  public EventStreamServletBuilder allowHeaders(String... names) {
    Objects.requireNonNull(names, "headers");
    for (String header : names) {
      Objects.requireNonNull(header, "header");
    }
    headers = List.of(names);
    return this;
  }

  /** How a client is answered for which the hub has no room. Default: as its constant says. */
  public EventStreamServletBuilder overCapacity(OverCapacityAnswer answer) {
    overCapacity = Objects.requireNonNull(answer, "answer");
    return this;
  }

  /**
   * The servlet.
   *
   * @throws IllegalArgumentException if an origin is not written as browsers do, if a header is no
   *     name of one, or if credentials are allowed without exact origins, or headers without any
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
