package io.github.ssekit.redis;

import static java.util.stream.Collectors.partitioningBy;

import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * Subscribes one connection to channels of the hub, and unsubscribes it. A failure ends the
 * connection, so that its reader finds out at once. Not thread-safe: the writer owns it.
 */
final class SubscribeCommands {
  private static final int CHANNELS_PER_COMMAND = 500;

  private final PubSubConnection pubSub;
  private final Scope scope;
  private final BiConsumer<String, String> refused;
  private final Consumer<String> leaves;

  /** The channels that were subscribed to on this connection. */
  private final Set<String> subscribed = new HashSet<>();

  /**
   * @param refused takes each channel to which clients may not subscribe, and the reason
   * @param leaves takes each channel before its subscription is ended
   */
  SubscribeCommands(
      PubSubConnection pubSub,
      Scope scope,
      BiConsumer<String, String> refused,
      Consumer<String> leaves) {
    this.pubSub = pubSub;
    this.scope = scope;
    this.refused = refused;
    this.leaves = leaves;
  }

  /** Subscribes to a channel, or unsubscribes from it. */
  void update(String channel, boolean isWanted) {
    if (isWanted) {
      subscribe(List.of(channel));
    } else if (subscribed.remove(channel)) {
      leaves.accept(channel);
      sending(() -> pubSub.unsubscribe(scope.hasHistory(channel), scope.redisChannel(channel)));
    }
  }

  void subscribe(Collection<String> channels) {
    // A client that may name channels could read another application's events otherwise.
    Map<Boolean, List<String>> byKind =
        channels.stream().filter(this::isAllowed).collect(partitioningBy(scope::hasHistory));
    byKind.forEach(
        (ofScope, names) -> {
          for (int from = 0; from < names.size(); from += CHANNELS_PER_COMMAND) {
            int to = Math.min(names.size(), from + CHANNELS_PER_COMMAND);
            List<String> some = names.subList(from, to);
            subscribed.addAll(some);
            byte[][] command = some.stream().map(scope::redisChannel).toArray(byte[][]::new);
            sending(() -> pubSub.subscribe(ofScope, command));
          }
        });
  }

  private boolean isAllowed(String channel) {
    boolean reserved = !scope.hasHistory(channel) && scope.isReserved(channel);
    if (reserved) {
      refused.accept(channel, "such names are those of a scope, or of Redis itself");
    }
    return !reserved;
  }

  /** Probes the connection only, for a Redis to which nothing can be published. */
  void ping() {
    sending(pubSub::ping);
  }

  private void sending(Runnable command) {
    try {
      command.run();
    } catch (RedisFailure.Disconnected e) {
      pubSub.disconnect();
    }
  }
}
