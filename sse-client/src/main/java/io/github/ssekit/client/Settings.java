package io.github.ssekit.client;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest.BodyPublisher;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ThreadFactory;
import java.util.function.IntPredicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The options of an {@link EventSourceBuilder}, by their names.
 *
 * @param client null for the shared one
 * @param body the body of a POST; null for a GET
 */
record Settings(
    URI uri,
    @Nullable HttpClient client,
    ThreadFactory threads,
    @Nullable BodyPublisher body,
    Supplier<? extends Map<String, String>> headers,
    String lastEventId,
    Duration reconnectionTime,
    Duration maxBackoff,
    Duration answerTimeout,
    Duration idleTimeout,
    IntPredicate retryStatus,
    int maxEventBytes,
    long maxQueuedBytes) {}
