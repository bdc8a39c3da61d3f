package io.github.ssekit.hub;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The line that a connection writes to the log at its end. Text from clients or the application is
 * quoted and escaped, so that it can't look like a line of its own.
 */
final class ConnectionLine {
  /** The maximum number of channels that are named. */
  private static final int MAX_CHANNELS = 10;

  private ConnectionLine() {}

  static String of(
      Connection connection,
      HubObserver.Closed how,
      List<Subscription> subscriptions,
      @Nullable Throwable cause) {
    StringBuilder line =
        new StringBuilder(
            "Connection closed: %s after %s, %d events, %d bytes, channels "
                .formatted(how.reason(), how.after(), how.events(), how.bytes()));
    line.append(
        subscriptions.stream()
            .limit(MAX_CHANNELS)
            .map(s -> LogText.quoted(s.channel.name))
            .toList());
    if (subscriptions.size() > MAX_CHANNELS) {
      line.append(" of ").append(subscriptions.size());
    }
    append(line, ", owner ", connection.owner);
    append(line, ", last event ID ", connection.lastEventId());
    append(line, ", because of ", cause == null ? null : cause.toString());
    return line.toString();
  }

  private static void append(StringBuilder line, String name, @Nullable String value) {
    if (value != null) {
      line.append(name).append(LogText.quoted(value));
    }
  }
}
