package io.github.ssekit.redis;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Objects;

/**
 * Checks that a name from an application, such as a key or a token, can be transmitted unchanged.
 */
final class GivenName {
  private GivenName() {}

  /**
   * @param what the kind of the name, for the exception
   * @throws IllegalArgumentException if the name does not have 1 to {@code most} characters, or has
   *     a control character or half of a surrogate pair, which UTF-8 can't encode
   */
  static void check(String what, String name, int most) {
    Objects.requireNonNull(name, what);
    if (name.isEmpty() || name.length() > most) {
      throw new IllegalArgumentException(
          "%s of %d characters: give it 1 to %d".formatted(what, name.length(), most));
    }
    if (name.chars().anyMatch(Character::isISOControl)) {
      throw new IllegalArgumentException(what + " with a control character: remove it");
    }
    if (!UTF_8.newEncoder().canEncode(name)) {
      throw new IllegalArgumentException(what + " with half of a surrogate pair: remove it");
    }
  }
}
