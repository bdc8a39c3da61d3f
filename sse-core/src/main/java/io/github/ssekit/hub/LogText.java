package io.github.ssekit.hub;

/** Text from clients or the application, escaped for a log. */
final class LogText {
  private static final int MAX_QUOTED = 200;

  private LogText() {}

  /**
   * A string for a log, in quotes. Characters that could end its line or change its look are
   * escaped as in Java, and characters beyond {@value #MAX_QUOTED} are cut off.
   */
  static String quoted(String s) {
    StringBuilder out = new StringBuilder("\"");
    s.chars()
        .limit(MAX_QUOTED)
        .forEach(
            c -> {
              if (isPlain((char) c)) {
                out.append((char) c);
              } else {
                out.append("\\u%04x".formatted(c));
              }
            });
    return out.append(s.length() > MAX_QUOTED ? "\"..." : "\"").toString();
  }

  private static boolean isPlain(char c) {
    return switch (Character.getType(c)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.UNASSIGNED ->
          false;
      default -> c != '"' && c != '\\';
    };
  }
}
