package io.github.ssekit.faults;

import io.github.ssekit.hub.Position;

/**
 * An acknowledged event.
 *
 * @param number counts all events of the run
 * @param sentAt when the first attempt began, in milliseconds of the run
 * @param acknowledgedAt when a node confirmed the event
 * @param id the confirmed id
 */
record Published(long number, String channel, long sentAt, long acknowledgedAt, Position id) {
  /** The data of an event: it identifies the event, and shows whether the data is whole. */
  static String data(String channel, long number, int padding) {
    return channel + ' ' + number + ' ' + padding + ' ' + "x".repeat(padding);
  }

  /** The number of an event, or -1 if its data is not as it was published. */
  static long numberOf(String data) {
    String[] parts = data.split(" ", 4);
    if (parts.length != 4
        || !parts[1].matches("\\d{1,12}")
        || !parts[2].equals("" + parts[3].length())) {
      return -1;
    }
    return Long.parseLong(parts[1]);
  }

  /** The channel in the data. */
  static String channelOf(String data) {
    return data.substring(0, data.indexOf(' '));
  }
}
