package io.github.ssekit.servlet;

import io.github.ssekit.event.EventStreamWriter;
import io.github.ssekit.event.ReconnectionTime;
import io.github.ssekit.hub.OverCapacityException;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * How a client is answered for which the hub has no room: come back later.
 *
 * <p>While a hub is being drained, its clients are told a shorter time, the one that all connected
 * clients are told: other nodes have room.
 *
 * <p>A browser's {@code EventSource} gives up for good on any status but 200. So a client that
 * takes event streams gets one that says when to come back, says why in a comment, and ends. The
 * wait is random, so that clients which came together don't come together again. Any other client
 * gets a status, and {@code Retry-After}.
 *
 * @param earliest the shortest wait, at least 0
 * @param latest the longest, at most 2147483647 ms
 * @param status for clients that don't take event streams, 400 to 599
 */
public record OverCapacityAnswer(Duration earliest, Duration latest, int status) {
  /** 5 to 15 seconds; status 503. */
  public static final OverCapacityAnswer DEFAULT =
      new OverCapacityAnswer(Duration.ofSeconds(5), Duration.ofSeconds(15), 503);

  private static final Set<String> TAKES = Set.of("text/event-stream", "text/*", "*/*");

  /** What says that a media range is not taken. */
  private static final Predicate<String> ZERO =
      Pattern.compile("q=0(\\.0{0,3})?").asMatchPredicate();

  /**
   * Checks the limits.
   *
   * @throws IllegalArgumentException if one is not kept
   */
  public OverCapacityAnswer {
    earliest = new ReconnectionTime(Objects.requireNonNull(earliest, "earliest")).time();
    latest = new ReconnectionTime(Objects.requireNonNull(latest, "latest")).time();
    if (earliest.compareTo(latest) > 0) {
      throw new IllegalArgumentException("earliest " + earliest + " is after latest " + latest);
    }
    if (status < 400 || status > 599) {
      throw new IllegalArgumentException("status " + status + " is not within 400 to 599");
    }
  }

  void write(
      HttpServletRequest request, HttpServletResponse response, OverCapacityException refused)
      throws IOException {
    ReconnectionTime known = refused.comeBackIn();
    ReconnectionTime wait = known == null ? drawn() : known;
    if (takesEventStream(request)) {
      ServletOutputStream out = Head.output(response);
      Head.eventStream(response);
      EventStreamWriter stream = new EventStreamWriter(out);
      stream.write(refused.why().comment());
      stream.write(wait);
    } else {
      long millis = wait.time().toMillis();
      response.setHeader("Retry-After", Long.toString((millis + 999) / 1000));
      Head.refusal(response, status);
    }
  }

  private ReconnectionTime drawn() {
    long millis = ThreadLocalRandom.current().nextLong(earliest.toMillis(), latest.toMillis() + 1);
    return new ReconnectionTime(Duration.ofMillis(millis));
  }

  /** RFC 9110, 12.5.1; without an Accept, everything is taken. */
  private static boolean takesEventStream(HttpServletRequest request) {
    boolean any = true;
    for (String header : Collections.list(request.getHeaders("Accept"))) {
      for (String range : header.toLowerCase(Locale.ROOT).split(",", -1)) {
        any = false;
        List<String> parts = Arrays.stream(range.split(";", -1)).map(String::strip).toList();
        if (TAKES.contains(parts.get(0)) && parts.stream().noneMatch(ZERO)) {
          return true;
        }
      }
    }
    return any;
  }
}
