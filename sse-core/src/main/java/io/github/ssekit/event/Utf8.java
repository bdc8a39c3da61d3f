package io.github.ssekit.event;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;

/**
 * UTF-8 decode as the Encoding Standard defines it: each maximal subpart of an ill-formed sequence
 * becomes one U+FFFD. The JDK differs in encoded surrogates (ED A0..BF 80..BF): it replaces each by
 * one U+FFFD, the standard and every browser by three.
 */
final class Utf8 {
  private static final byte SURROGATE_LEAD = (byte) 0xED;
  private static final byte ALWAYS_INVALID = (byte) 0xFF;

  private Utf8() {}

  static String decode(byte[] bytes, int from, int to) {
    String decoded = new String(bytes, from, to - from, UTF_8);
    // In a Latin-1 string the search ends immediately. Other text is decoded twice only if it is
    // ill-formed or holds U+FFFD itself.
    return decoded.indexOf('\uFFFD') < 0
        ? decoded
        : new String(withoutSurrogateLeads(bytes, from, to), UTF_8);
  }

  /** A copy in which an always invalid byte replaces the lead byte of each encoded surrogate. */
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
