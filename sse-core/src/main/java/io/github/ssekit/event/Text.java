package io.github.ssekit.event;

/** Checks and normalisation of the strings in blocks. */
final class Text {
  private Text() {}

  /**
   * Rejects a value that holds one of the characters.
   *
   * @throws IllegalArgumentException if it does; the message names field, character and index
   */
  static void reject(String field, String value, String characters) {
    for (int i = 0; i < characters.length(); i++) {
      int at = value.indexOf(characters.charAt(i));
      if (at >= 0) {
        throw new IllegalArgumentException(
            "%s holds U+%04X at index %d, which an event stream can't carry there; remove it"
                .formatted(field, (int) characters.charAt(i), at));
      }
    }
  }

  static String lineFeedsOnly(String s) {
    return s.indexOf('\r') < 0 ? s : s.replace("\r\n", "\n").replace('\r', '\n');
  }

  /** The string itself, or a copy in which each unpaired surrogate is U+FFFD. */
  static String wellFormed(String s) {
    int at = unpairedSurrogate(s, 0);
    if (at < 0) {
      return s;
    }
    StringBuilder copy = new StringBuilder(s);
    for (; at >= 0; at = unpairedSurrogate(s, at + 1)) {
      copy.setCharAt(at, '\uFFFD');
    }
    return copy.toString();
  }

  /** The index of the first unpaired surrogate at or after {@code from}, or -1. */
  private static int unpairedSurrogate(String s, int from) {
    for (int i = from; i < s.length(); i++) {
      char c = s.charAt(i);
      if (Character.isSurrogate(c)) {
        if (Character.isHighSurrogate(c)
            && i + 1 < s.length()
            && Character.isLowSurrogate(s.charAt(i + 1))) {
          i++;
        } else {
          return i;
        }
      }
    }
    return -1;
  }
}
