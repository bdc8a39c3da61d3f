package io.github.ssekit.redis;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Objects;

/**
 * A name that an application gives, such as a key or a token: checks that it can be told as it is.
 */
final class GivenName {
  private GivenName() {}

  /**
   * @param what what it is, for the exception
   * @throws IllegalArgumentException if it has not 1 to {@code most} characters, if one of them is
   *     a control character, or half of a surrogate pair, which UTF-8 can't encode
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
