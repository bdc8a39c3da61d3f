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
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * The answer to a client if the hub has no room for its connection: reconnect later. See {@link
 * EventStreamServletBuilder#overCapacity}.
 *
 * <p>A browser's {@code EventSource} gives up for good at any status but 200. So a client that
 * accepts event streams gets an event stream that sets the reconnection time, gives the cause in a
 * comment, and ends. Any other client gets a status and {@code Retry-After}. The wait is random, so
 * that clients which came together don't come back together.
 *
 * <p>A hub that drains sets a shorter wait itself, as it does for its connected clients: other
 * nodes have room.
 *
 * @param earliest the shortest wait, 0 to 2147483647 ms; fractions of a millisecond are dropped
 * @param latest the longest wait, from {@code earliest} to 2147483647 ms, likewise
 * @param status the status for clients that don't accept event streams, 400 to 599
 */
public record OverCapacityAnswer(Duration earliest, Duration latest, int status) {
  /** 5 to 15 seconds; status 503. */
  public static final OverCapacityAnswer DEFAULT =
      new OverCapacityAnswer(Duration.ofSeconds(5), Duration.ofSeconds(15), 503);

  /** The most specific first. */
  private static final List<String> ACCEPTING_RANGES =
      List.of("text/event-stream", "text/*", "*/*");

  /** The weight of a media range that the client does not accept. */
  private static final Predicate<String> WEIGHT_ZERO =
      Pattern.compile("q=0(\\.0{0,3})?").asMatchPredicate();

  /**
   * Checks the limits.
   *
   * @throws IllegalArgumentException if a value is outside of them
   */
  public OverCapacityAnswer {
    earliest = new ReconnectionTime(Objects.requireNonNull(earliest, "earliest")).time();
    latest = new ReconnectionTime(Objects.requireNonNull(latest, "latest")).time();
    if (earliest.compareTo(latest) > 0) {
      throw new IllegalArgumentException(
          "earliest " + earliest + " is longer than latest " + latest + ": swap them");
    }
    if (status < 400 || status > 599) {
      throw new IllegalArgumentException(
          "status " + status + " is not within 400 to 599: use 503, or 429");
    }
  }

  /**
   * Writes the answer.
   *
   * @throws IOException if the client has left
   */
  void write(
      HttpServletRequest request, HttpServletResponse response, OverCapacityException refused)
      throws IOException {
    ReconnectionTime ofHub = refused.comeBackIn();
    ReconnectionTime wait = ofHub == null ? randomWait() : ofHub;
    if (acceptsEventStream(request)) {
      ServletOutputStream out = Head.output(response);
      Head.eventStream(response);
      Head.closeConnection(request, response);
      EventStreamWriter stream = new EventStreamWriter(out);
      stream.write(refused.why().comment());
      stream.write(wait);
    } else {
      long millis = wait.time().toMillis();
      response.setHeader("Retry-After", Long.toString((millis + 999) / 1000));
      Head.refusal(response, status);
    }
  }

  private ReconnectionTime randomWait() {
    long millis = ThreadLocalRandom.current().nextLong(earliest.toMillis(), latest.toMillis() + 1);
    return new ReconnectionTime(Duration.ofMillis(millis));
  }

  /**
   * RFC 9110, 12.5.1: a client without an Accept header accepts everything; otherwise the most
   * specific range counts.
   */
  private static boolean acceptsEventStream(HttpServletRequest request) {
    List<List<String>> ranges =
        Collections.list(request.getHeaders("Accept")).stream()
            .flatMap(header -> Arrays.stream(header.toLowerCase(Locale.ROOT).split(",", -1)))
            .map(range -> Arrays.stream(range.split(";", -1)).map(String::strip).toList())
            .toList();
    for (String type : ACCEPTING_RANGES) {
      for (List<String> range : ranges) {
        if (range.get(0).equals(type)) {
          return range.stream().noneMatch(WEIGHT_ZERO);
        }
      }
    }
    return ranges.isEmpty();
  }
}
