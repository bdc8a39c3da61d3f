package io.github.ssekit.redis;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * Checks, before a bridge begins, that Redis grants all rights that the bridge needs, without
 * changing any data: missing rights would show later, and one by one.
 */
final class Rights {
  private Rights() {}

  /**
   * @param publishCommand the command that publishes to the scope's channels
   * @throws RedisFailure.Refused if a right is missing: the message names all missing rights
   */
  static void check(
      RedisConnection connection, Scope scope, boolean withHistory, String publishCommand) {
    if (withHistory) {
      List<?> missing =
          (List<?>)
              Script.RIGHTS.run(
                  connection,
                  List.of(),
                  List.of(
                      scope.hash(),
                      scope.control(),
                      publishCommand.getBytes(UTF_8),
                      (scope.hasStates() ? "1" : "").getBytes(UTF_8)));
      if (!missing.isEmpty()) {
        throw missing(
            missing.stream().map(Entry::text).collect(Collectors.joining(" +", "+", "")), scope);
      }
    } else {
      try {
        // Without a nonce, every node ignores it.
        Object unused = connection.call(publishCommand, scope.control(), "ping".getBytes(UTF_8));
      } catch (RedisFailure.Refused e) {
        if (!e.is("NOPERM")) {
          throw e;
        }
        throw missing("+" + publishCommand.toLowerCase(Locale.ROOT), scope);
      }
    }
  }

  private static RedisFailure.Refused missing(String commands, Scope scope) {
    return new RedisFailure.Refused(
        "NOPERM this user has not all rights that a bridge needs; add "
            + commands
            + " for the keys and the Redis channels that begin with "
            + scope);
  }
}
