package io.github.ssekit.chat;

import org.jspecify.annotations.Nullable;

/**
 * What one person says.
 *
 * @param user 1 to {@value #MAX_USER} characters
 * @param message 1 to {@value #MAX_MESSAGE} characters
 */
record Message(String user, String message) {
  static final int MAX_USER = 40;
  static final int MAX_MESSAGE = 2000;

  /**
   * The message of a request's fields.
   *
   * @throws IllegalArgumentException which names the field and the limit
   */
  static Message of(@Nullable String user, @Nullable String message) {
    return new Message(checked("user", user, MAX_USER), checked("message", message, MAX_MESSAGE));
  }

  private static String checked(String field, @Nullable String value, int max) {
    int length = value == null || value.isBlank() ? 0 : value.length();
    if (value == null || length == 0 || length > max) {
      throw new IllegalArgumentException(
          "%s has %d characters; it needs 1 to %d".formatted(field, length, max));
    }
    return value;
  }
}
