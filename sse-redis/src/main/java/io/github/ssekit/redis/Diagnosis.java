package io.github.ssekit.redis;

import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Why Redis could not be used, in one sentence for people: for logs, health and errors. What others
 * wrote is escaped and cut, and without what a command's arguments may have held of secrets.
 */
final class Diagnosis {
  private static final int MAX_LENGTH = 500;

  /** Redis repeats the arguments of a command that it doesn't know, AUTH's among them. */
  private static final Pattern ARGUMENTS =
      Pattern.compile(",? with args beginning with:.*", Pattern.DOTALL);

  /** Where in which script it was. */
  private static final Pattern SCRIPT = Pattern.compile(" script: [0-9a-f]{40}, on @.*");

  /** What a user may not do, said of a command or from within a script. */
  private static final Pattern NO_RIGHT =
      Pattern.compile("NOPERM\\b|ERR The user executing the script can't\\b");

  /** Redis says these before it has stored anything. */
  private static final Pattern NOT_BEGUN =
      Pattern.compile(
          "(READONLY|OOM|LOADING|BUSY|MOVED|ASK|TRYAGAIN|CLUSTERDOWN|MASTERDOWN|NOAUTH|NOREPLICAS|MISCONF|BADEVENT)\\b");

  private Diagnosis() {}

  static String of(Throwable failure) {
    String refusal = refusal(failure);
    if (refusal != null) {
      return clean(refusal);
    }
    Throwable innermost = innermost(failure);
    if (innermost instanceof UnknownHostException) {
      return "unknown host: " + clean(String.valueOf(innermost.getMessage()));
    }
    if (isTimeout(failure)) {
      return "no answer in time";
    }
    String message = innermost.getMessage();
    String why =
        Arrays.stream(innermost.getSuppressed())
            .map(Throwable::getMessage)
            .distinct()
            .collect(Collectors.joining(", ", " ", ""));
    return clean((message == null ? innermost.toString() : message) + why.stripTrailing());
  }

  /** Whether the server, or what stands in its place, gave no answer at all. */
  static boolean isTimeout(Throwable failure) {
    Throwable innermost = innermost(failure);
    return innermost instanceof SocketTimeoutException || innermost instanceof TimeoutException;
  }

  private static Throwable innermost(Throwable failure) {
    Throwable innermost = failure;
    while (innermost.getCause() != null) {
      innermost = innermost.getCause();
    }
    return innermost;
  }

  /** What Redis itself answered, or null if there was no answer. */
  static @Nullable String refusal(Throwable failure) {
    for (Throwable each = failure; each != null; each = each.getCause()) {
      if (each instanceof RedisFailure.Refused) {
        return each.getMessage();
      }
    }
    return null;
  }

  /** Whether a refused command, or script of ours, has certainly stored nothing. */
  static boolean isNothingStored(Throwable failure) {
    String refusal = refusal(failure);
    return refusal != null
        && (NOT_BEGUN.matcher(refusal).lookingAt() || NO_RIGHT.matcher(refusal).lookingAt());
  }

  /** A text of others for a log: without what is secret in it, on one line, not endless. */
  static String clean(String text) {
    String known = SCRIPT.matcher(ARGUMENTS.matcher(text).replaceAll("")).replaceAll("").strip();
    return known
            .codePoints()
            .limit(MAX_LENGTH)
            .mapToObj(Diagnosis::escaped)
            .collect(Collectors.joining())
        + (known.length() > MAX_LENGTH ? "..." : "");
  }

  private static String escaped(int c) {
    return switch (Character.getType(c)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.UNASSIGNED ->
          "\\u%04x".formatted(c);
      default -> Character.toString(c);
    };
  }
}
