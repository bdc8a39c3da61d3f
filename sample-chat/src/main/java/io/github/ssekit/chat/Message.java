package io.github.ssekit.chat;

import com.fasterxml.jackson.annotation.JsonInclude;
import org.jspecify.annotations.Nullable;

/**
 * What one person says.
 *
 * @param user 1 to {@value #MAX_USER} characters
 * @param message 1 to {@value #MAX_MESSAGE} characters
 * @param token what the sender calls this message, so that a second try can't double it and its
 *     page knows it again; null if it has no name for it
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
record Message(String user, String message, @Nullable String token) {
  static final int MAX_USER = 40;
  static final int MAX_MESSAGE = 2000;

  /**
   * The message of a request's fields.
   *
   * @throws IllegalArgumentException which names the field and the limit
   */
  static Message of(@Nullable String user, @Nullable String message, @Nullable String token) {
    return new Message(user(user), checked("message", message, MAX_MESSAGE), token);
  }

  /**
   * A person's name.
   *
   * @throws IllegalArgumentException as {@link #of}
   */
  static String user(@Nullable String name) {
    String user = checked("user", name, MAX_USER);
    if (user.chars().anyMatch(Character::isISOControl)) {
      throw new IllegalArgumentException("user holds a control character; remove it");
    }
    return user.strip();
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
