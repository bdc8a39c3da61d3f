package io.github.ssekit.bench;

import java.nio.charset.StandardCharsets;

/**
 * The data of an event: one line of JSON, of a given size. It begins with a number and the time of
 * publishing, at fixed places, so that the load client need not parse.
 *
 * <pre>
 * {"n":0000000042,"t":000000000000000000,"p":"..."}
 * </pre>
 *
 * Numbers count over all channels, which take turns: number n belongs to channel {@code n %
 * channels}. The time is {@link System#nanoTime}, since publisher and client are one process.
 */
final class Message {
  /** Bytes from the brace to the last digit of the time. */
  static final int HEAD = 38;

  private static final int N = 5;
  private static final int N_DIGITS = 10;
  private static final int T = 20;
  private static final int T_DIGITS = 18;

  private Message() {}

  static byte[] of(long n, long nanos, int size) {
    String head = String.format("{\"n\":%010d,\"t\":%018d,\"p\":\"", n, nanos);
    String tail = "\"}";
    String text = head + "x".repeat(size - head.length() - tail.length()) + tail;
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  static long number(byte[] bytes, int at) {
    return digits(bytes, at + N, N_DIGITS);
  }

  static long nanos(byte[] bytes, int at) {
    return digits(bytes, at + T, T_DIGITS);
  }

  private static long digits(byte[] bytes, int from, int count) {
    long value = 0;
    for (int i = from; i < from + count; i++) {
      value = value * 10 + (bytes[i] - '0');
    }
    return value;
  }
}
