package io.github.ssekit.hub;

import io.github.ssekit.event.ReconnectionTime;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The settings of a hub, see the methods of {@link HubBuilder}.
 *
 * @param clock the wall clock
 */
record HubSettings(
    Duration heartbeat,
    Duration stuckWriteDeadline,
    Duration linger,
    @Nullable Duration maxLifetime,
    ReconnectionTime reconnectionTime,
    InstantSource clock,
    boolean idsOnEventsOnly,
    @Nullable Function<? super String, @Nullable OverrunPolicy> overrunPolicies,
    int loops,
    int maxEventBytes,
    int logEvents,
    long logBytes,
    int maxBatchBytes,
    int maxSendBytes,
    long maxReplayBytes,
    int maxConnections,
    int maxConnectionsPerOwner,
    int maxConnectionsPerChannel,
    int maxChannelsPerConnection) {

  /** A random time, one to two times the reconnection time. */
  ReconnectionTime spreadReconnectionTime() {
    long millis = reconnectionTime.time().toMillis();
    long more = ThreadLocalRandom.current().nextLong(millis + 1);
    return new ReconnectionTime(Duration.ofMillis(Math.min(Integer.MAX_VALUE, millis + more)));
  }

  /** A quarter of the shortest of the times, but from 10 ms to 1 s. */
  Duration tickInterval() {
    Duration shortest = heartbeat;
    for (Duration d : new Duration[] {stuckWriteDeadline, linger, maxLifetime}) {
      shortest = d != null && d.compareTo(shortest) < 0 ? d : shortest;
    }
    return Duration.ofMillis(Math.max(10, Math.min(1000, shortest.toMillis() / 4)));
  }
}
