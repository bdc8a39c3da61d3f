package io.github.ssekit.servlet;

import io.github.ssekit.hub.ConnectionOptions;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * An application's answer to a request for an event stream: its channels, or a refusal.
 *
 * <pre>{@code
 * EventStreamServlet events = EventStreamServlet
 *     .builder(hub, request -> mayRead(request) ? Admission.to("room:42") : Admission.refuse(403))
 *     .create();
 * }</pre>
 */
public final class Admission {
  final @Nullable ConnectionOptions options;

  /** The status of a refusal; otherwise 200. */
  final int status;

  private Admission(@Nullable ConnectionOptions options, int status) {
    this.options = options;
    this.status = status;
  }

  /**
   * Admits the client with these options. A client that resumes also gets the events that it missed
   * on their channels, and on no others.
   *
   * @param options the settings of the connection. If they have no last event ID, the request's is
   *     used, as by {@link EventStreams#open(io.github.ssekit.hub.Hub,
   *     jakarta.servlet.http.HttpServletRequest, jakarta.servlet.http.HttpServletResponse, String,
   *     String...)}
   */
  public static Admission to(ConnectionOptions options) {
    return new Admission(Objects.requireNonNull(options, "options"), 200);
  }

  /**
   * Admits the client to these channels.
   *
   * @throws io.github.ssekit.hub.IllegalChannelException if a channel's name is not legal
   */
  public static Admission to(Collection<String> channels) {
    return to(ConnectionOptions.of(channels));
  }

  /**
   * Admits the client to these channels.
   *
   * @throws io.github.ssekit.hub.IllegalChannelException if a channel's name is not legal
   */
  public static Admission to(String channel, String... more) {
    return to(list(channel, more));
  }

  static List<String> list(String first, String... more) {
    List<String> all = new ArrayList<>();
    all.add(first);
    Collections.addAll(all, Objects.requireNonNull(more, "more"));
    return all;
  }

  /** The options of the client's connection; null if the client is refused. */
  public @Nullable ConnectionOptions options() {
    return options;
  }

  /** The status of the answer: 200, or the status of the refusal. */
  public int status() {
    return status;
  }

  /**
   * Refuses the client. A browser's {@code EventSource} does not reconnect by itself after any of
   * these statuses; the standard provides 204 for this (WHATWG HTML 9.2.1).
   *
   * @param status 204, or 400 to 599: for example 401 if the client is not logged in, 403 if it may
   *     not listen, 404 if there is no such stream
   * @throws IllegalArgumentException if it is any other status
   */
  public static Admission refuse(int status) {
    if (status != 204 && (status < 400 || status > 599)) {
      throw new IllegalArgumentException(
          "status " + status + " does not refuse a client: use 204, or 400 to 599");
    }
    return new Admission(null, status);
  }
}
