package io.github.ssekit.chat;

import com.fasterxml.jackson.annotation.JsonInclude;
import org.jspecify.annotations.Nullable;

/**
 * A message of one person.
 *
 * @param user 1 to {@value #MAX_USER} characters
 * @param message 1 to {@value #MAX_MESSAGE} characters
 * @param token the sender's key for this message, so that sending it again stores it once, and the
 *     sender's page recognises it: 1 to {@value #MAX_TOKEN} characters; null for none
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
record Message(String user, String message, @Nullable String token) {
  static final int MAX_USER = 40;
  static final int MAX_MESSAGE = 2000;
  static final int MAX_TOKEN = 200;

  /**
   * A message from the fields of a request.
   *
   * @throws IllegalArgumentException if a field is outside of its limit; the message names both
   */
  static Message of(@Nullable String user, @Nullable String message, @Nullable String token) {
    return new Message(
        user(user),
        requireLength("message", message, MAX_MESSAGE),
        token == null ? null : requireLength("token", token, MAX_TOKEN));
  }

  /**
   * A person's name.
   *
   * @throws IllegalArgumentException as {@link #of}
   */
  static String user(@Nullable String name) {
    String user = requireLength("user", name, MAX_USER);
    if (user.chars().anyMatch(Character::isISOControl)) {
      throw new IllegalArgumentException("user holds a control character; remove it");
    }
    return user.strip();
  }

  private static String requireLength(String field, @Nullable String value, int max) {
    int length = value == null || value.isBlank() ? 0 : value.length();
    if (value == null || length == 0 || length > max) {
      throw new IllegalArgumentException(
          "%s has %d characters; it needs 1 to %d".formatted(field, length, max));
    }
    return value;
  }
}
