package io.github.ssekit.event;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;

/**
 * UTF-8 decode as the Encoding Standard defines it: each maximal subpart of an ill-formed sequence
 * becomes one U+FFFD. The JDK does the same but for encoded surrogates (ED A0..BF 80..BF), which it
 * replaces by one U+FFFD where the standard, and so every browser, replaces by three.
 */
final class Utf8 {
  private static final byte SURROGATE_LEAD = (byte) 0xED;
  private static final byte ALWAYS_INVALID = (byte) 0xFF;

  private Utf8() {}

  static String decode(byte[] bytes, int from, int to) {
    String decoded = new String(bytes, from, to - from, UTF_8);
    // Costs nothing where all is Latin-1. Otherwise only an ill-formed text, or one that holds
    // U+FFFD itself, is decoded twice.
    return decoded.indexOf('\uFFFD') < 0
        ? decoded
        : new String(withoutSurrogateLeads(bytes, from, to), UTF_8);
  }

  /** A copy in which the lead of each encoded surrogate is a byte that stands for nothing else. */
  private static byte[] withoutSurrogateLeads(byte[] bytes, int from, int to) {
    byte[] copy = Arrays.copyOfRange(bytes, from, to);
    for (int i = 0; i < copy.length - 1; i++) {
      if (copy[i] == SURROGATE_LEAD && (copy[i + 1] & 0xE0) == 0xA0) {
        copy[i] = ALWAYS_INVALID;
      }
    }
    return copy;
  }
}
