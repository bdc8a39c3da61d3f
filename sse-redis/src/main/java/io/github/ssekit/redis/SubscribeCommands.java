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
 * The commands that change what one connection is subscribed to, in the terms of the hub. A failure
 * ends the connection, so that its reader finds out at once. Not thread-safe: the writer owns it.
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
   * @param refused told the channel, and why, where it is not one that clients may have
   * @param leaves told the channel before its subscription is ended
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

  /** Subscribes to a channel, or ends that. */
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

  /** Probes the connection alone, where nothing can be published. */
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
