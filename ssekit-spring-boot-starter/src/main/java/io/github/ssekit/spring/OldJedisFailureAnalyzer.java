package io.github.ssekit.spring;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Explains the remedy if the class path has a Jedis that is too old. */
final class OldJedisFailureAnalyzer extends AbstractFailureAnalyzer<IllegalStateException> {
  @Override
  protected @Nullable FailureAnalysis analyze(Throwable rootFailure, IllegalStateException cause) {
    String message = String.valueOf(cause.getMessage());
    return message.startsWith("Jedis ") && message.contains("sse-redis needs")
        ? new FailureAnalysis(
            message,
            "Set <jedis.version> (Maven) or ext['jedis.version'] (Gradle) to 6.0.0 or newer.",
            cause)
        : null;
  }
}
