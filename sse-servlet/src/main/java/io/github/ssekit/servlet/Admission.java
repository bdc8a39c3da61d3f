package io.github.ssekit.servlet;

import io.github.ssekit.hub.ConnectionOptions;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** An application's answer to a request for an event stream: what it carries, or a refusal. */
public final class Admission {
  final @Nullable ConnectionOptions options;

  /** Of a refusal. */
  final int status;

  private Admission(@Nullable ConnectionOptions options, int status) {
    this.options = options;
    this.status = status;
  }

  /**
   * Lets the client in, to these channels. What it has missed of them, and of no others, it gets
   * too: to resume is to subscribe.
   *
   * @param options without a last event ID, the request's is taken, as by {@link
   *     EventStreams#open(io.github.ssekit.hub.Hub, jakarta.servlet.http.HttpServletRequest,
   *     jakarta.servlet.http.HttpServletResponse, String, String...)}
   */
  public static Admission to(ConnectionOptions options) {
    return new Admission(Objects.requireNonNull(options, "options"), 200);
  }

  /**
   * Lets the client in, to these channels.
   *
   * @throws io.github.ssekit.hub.IllegalChannelException if a channel's name is not legal
   */
  public static Admission to(Collection<String> channels) {
    return to(ConnectionOptions.of(channels));
  }

  /**
   * Lets the client in, to these channels.
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

  /**
   * Refuses the client. A browser's {@code EventSource} does not come back by itself after any of
   * these; 204 is what the standard has for that alone (WHATWG HTML 9.2.1).
   *
   * @param status 204, or 400 to 599: say 401 for who is not logged in, 403 for who may not listen,
   *     404 for what is not there
   * @throws IllegalArgumentException if it is another
   */
  public static Admission refuse(int status) {
    if (status != 204 && (status < 400 || status > 599)) {
      throw new IllegalArgumentException(
          "status " + status + " is no refusal: give it 204, or 400 to 599");
    }
    return new Admission(null, status);
  }
}
