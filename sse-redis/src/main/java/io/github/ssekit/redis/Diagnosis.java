package io.github.ssekit.redis;

import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Says in one sentence why Redis could not be used, for logs, health and errors.
 *
 * <p>{@link #clean} escapes control characters as the hub's own log lines do, but leaves quotes and
 * backslashes. The bridge has its own method because the hub's method is private to its package,
 * and can't know which parts of Redis' errors hold secrets.
 */
final class Diagnosis {
  private static final int MAX_LENGTH = 500;

  /** The arguments that Redis repeats in its error for an unknown command, such as AUTH's. */
  private static final Pattern ARGUMENTS =
      Pattern.compile(",? with args beginning with:.*", Pattern.DOTALL);

  /** The place of an error in a script. */
  private static final Pattern SCRIPT = Pattern.compile(" script: [0-9a-f]{40}, on @.*");

  /** The errors for a missing right: to a command, or to a command within a script. */
  private static final Pattern NO_RIGHT =
      Pattern.compile("NOPERM\\b|(ERR )?The user executing the script can't\\b");

  /** The errors that Redis sends before it has stored anything. */
  private static final Pattern NOT_BEGUN =
      Pattern.compile(
          "(NOSCRIPT|READONLY|OOM|LOADING|BUSY|MOVED|ASK|TRYAGAIN|CLUSTERDOWN|MASTERDOWN|NOAUTH|NOREPLICAS|MISCONF|BADEVENT)\\b");

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

  /** Whether no reply has come in time. */
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

  /** Returns the error that Redis itself replied, or null. */
  static @Nullable String refusal(Throwable failure) {
    for (Throwable each = failure; each != null; each = each.getCause()) {
      if (each instanceof RedisFailure.Refused) {
        return each.getMessage();
      }
    }
    return null;
  }

  /** Whether a failure proves that a refused command, or a script of ours, has stored nothing. */
  static boolean isNothingStored(Throwable failure) {
    String refusal = refusal(failure);
    return refusal != null
        && (NOT_BEGUN.matcher(refusal).lookingAt() || NO_RIGHT.matcher(refusal).lookingAt());
  }

  /** Returns a foreign text for a log: without secrets, escaped to one line, cut off if long. */
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
