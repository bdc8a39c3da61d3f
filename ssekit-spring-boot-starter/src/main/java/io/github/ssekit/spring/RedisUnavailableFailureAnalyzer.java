package io.github.ssekit.spring;

import io.github.ssekit.redis.RedisUnavailableException;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Explains the remedy if the application needs Redis to start, and Redis is away. */
final class RedisUnavailableFailureAnalyzer
    extends AbstractFailureAnalyzer<RedisUnavailableException> {
  @Override
  protected FailureAnalysis analyze(Throwable rootFailure, RedisUnavailableException cause) {
    return new FailureAnalysis(
        "SSE Kit could not connect to Redis: " + cause.getMessage(),
        "Start Redis, or correct spring.data.redis.* (or ssekit.redis.url). With"
            + " ssekit.redis.required-at-start=false the application starts without Redis and"
            + " connects as soon as it can; with ssekit.redis.enabled=false it works on one node.",
        cause);
  }
}
