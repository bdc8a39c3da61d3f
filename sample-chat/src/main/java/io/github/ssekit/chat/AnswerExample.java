package io.github.ssekit.chat;

import java.net.URI;
import java.time.Duration;

/**
 * Starts two nodes that stream answers of a {@link SlowModel}, and a Redis for them: {@code mvn -q
 * -Panswer}.
 */
public final class AnswerExample {
  private static final Duration PAUSE = Duration.ofMillis(250);

  private AnswerExample() {}

  /** Runs until the process ends. {@code answer.port} is the first node's port, 3000 by default. */
  public static void main(String[] args) {
    int port = Integer.getInteger("answer.port", 3000);
    EmbeddedRedis redis = EmbeddedRedis.start();
    URI uri = redis.uri();
    AnswerNode first = new AnswerNode(port, uri, PAUSE);
    AnswerNode second = new AnswerNode(port == 0 ? 0 : port + 1, uri, PAUSE);
    Runnable stop =
        () -> {
          first.close();
          second.close();
          redis.close();
        };
    Runtime.getRuntime().addShutdownHook(new Thread(stop, "answers-shutdown"));
    System.out.println("Ask at " + first.uri() + " or " + second.uri() + " (Ctrl-C ends both)");
  }
}
