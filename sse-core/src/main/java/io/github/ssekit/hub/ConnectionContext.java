package io.github.ssekit.hub;

import java.time.Instant;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.Function;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/**
 * The parts of a hub that its connections use.
 *
 * @param closer ends transports, off the loops
 * @param callbacks runs the application's listeners
 * @param observation null if the hub has no observer
 * @param wallTime the time of day at a moment of the hub's nanoseconds
 * @param release removes a connection from the hub, and returns its subscriptions
 */
record ConnectionContext(
    HubSettings settings,
    Channels channels,
    Resumes resumes,
    Executor closer,
    Executor callbacks,
    @Nullable Observation observation,
    LongFunction<Instant> wallTime,
    Function<? super Connection, List<Subscription>> release) {}
