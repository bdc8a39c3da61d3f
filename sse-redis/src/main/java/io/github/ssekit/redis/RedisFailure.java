package io.github.ssekit.redis;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A command to Redis has failed, or no connection could be made. */
abstract sealed class RedisFailure extends RuntimeException {
  private static final long serialVersionUID = 1;

  private RedisFailure(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  private static String messageOf(Throwable cause) {
    String message = cause.getMessage();
    return message == null ? cause.toString() : message;
  }

  /** The server has answered with an error, which is the message. */
  static sealed class Refused extends RedisFailure {
    private static final long serialVersionUID = 1;

    /**
     * The place in a script where Redis refused a command, before Redis 7.0: {@code ERR Error
     * running script (call to f_…): @user_script:117: @user_script: 117: -OOM …}.
     */
    private static final Pattern IN_SCRIPT =
        Pattern.compile(
            "^(ERR Error running script \\(call to f_[0-9a-f]+\\): )?(@user_script: ?\\d+: )+-?");

    Refused(Throwable cause) {
      super(withoutPlace(messageOf(cause)), cause);
    }

    Refused(String message) {
      super(withoutPlace(message), null);
    }

    private static String withoutPlace(String message) {
      return IN_SCRIPT.matcher(message).replaceFirst("");
    }

    /** Whether the error begins with a word, such as {@code NOPERM}. */
    boolean is(String code) {
      String message = getMessage();
      return message.startsWith(code)
          && (message.length() == code.length() || message.charAt(code.length()) == ' ');
    }

    @Override
    public String getMessage() {
      return String.valueOf(super.getMessage());
    }
  }

  /** A server has refused a command, before it did anything, because it is not the primary. */
  static final class NotPrimary extends Refused {
    private static final long serialVersionUID = 1;

    private final String run;

    NotPrimary(String run, Refused cause) {
      super(cause);
      this.run = run;
    }

    /** The run of that server. */
    String run() {
      return run;
    }
  }

  /** The connection ended, or could not be made; a command that was sent may have been run. */
  static sealed class Disconnected extends RedisFailure {
    private static final long serialVersionUID = 1;

    Disconnected(Throwable cause) {
      super(messageOf(cause), cause);
    }

    Disconnected(String message) {
      super(message, null);
    }
  }

  /** Not all of the command was sent: no server has run it. */
  static final class Unsent extends Disconnected {
    private static final long serialVersionUID = 1;

    Unsent(Disconnected cause) {
      super(cause);
    }
  }

  /** No connection was available: nothing was sent. */
  static final class NoConnection extends Disconnected {
    private static final long serialVersionUID = 1;

    NoConnection(Exception cause) {
      super(cause);
    }
  }
}
