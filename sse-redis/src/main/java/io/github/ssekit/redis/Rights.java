package io.github.ssekit.redis;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Protocol.Command;
import redis.clients.jedis.exceptions.JedisAccessControlException;

/**
 * What Redis must allow a bridge to do. It is tried, without touching anything, before a bridge
 * begins: what is missing would show later, and one by one.
 */
final class Rights {
  private Rights() {}

  /**
   * @param publishCommand what publishes to the scope's channels
   * @throws JedisAccessControlException if a right is missing: it names all that are
   */
  static void check(Wire wire, Scope scope, boolean withHistory, Command publishCommand) {
    if (withHistory) {
      List<?> missing =
          (List<?>)
              Script.RIGHTS.run(
                  wire,
                  List.of(),
                  List.of(scope.hash(), scope.control(), publishCommand.name().getBytes(UTF_8)));
      if (!missing.isEmpty()) {
        throw missing(
            missing.stream().map(Entry::text).collect(Collectors.joining(" +", "+", "")), scope);
      }
    } else {
      try {
        // Nobody's nonce: nobody minds it.
        Object unused =
            wire.executeCommand(
                new CommandArguments(publishCommand).add(scope.control()).add("ping"));
      } catch (JedisAccessControlException e) {
        throw missing("+" + publishCommand.name().toLowerCase(Locale.ROOT), scope);
      }
    }
  }

  private static JedisAccessControlException missing(String commands, Scope scope) {
    return new JedisAccessControlException(
        "NOPERM this user has not all rights that a bridge needs; add "
            + commands
            + " for the keys and the Redis channels that begin with "
            + scope);
  }
}
