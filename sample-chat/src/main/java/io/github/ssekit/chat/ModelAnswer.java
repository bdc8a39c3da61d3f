package io.github.ssekit.chat;

import io.github.ssekit.event.SseEvent;
import io.github.ssekit.hub.Position;
import io.github.ssekit.hub.PublishException;
import io.github.ssekit.redis.AnswerProducer;
import io.github.ssekit.redis.AnswerRefusedException;
import java.util.Objects;
import java.util.concurrent.Flow;
import org.jspecify.annotations.Nullable;

/** Sends a model's tokens as an answer; if the answer is stopped, stops the model. */
final class ModelAnswer implements Flow.Subscriber<String> {
  private static final int ATTEMPTS = 60;
  private static final int PAUSE_MILLIS = 1_000;

  private final AnswerProducer producer;
  private Flow.@Nullable Subscription model;

  ModelAnswer(AnswerProducer producer) {
    this.producer = producer;
  }

  @Override
  public void onSubscribe(Flow.Subscription subscription) {
    model = subscription;
    producer.onEnd(how -> subscription.cancel());
    // Each event waits for Redis, and so does the model.
    subscription.request(Long.MAX_VALUE);
  }

  @Override
  public void onNext(String token) {
    try {
      Position unused = producer.send(SseEvent.of("token", token));
    } catch (AnswerRefusedException e) {
      // The answer was stopped: onEnd has cancelled the model.
    } catch (PublishException | IllegalStateException e) {
      // Redis is away, or the answer has reached its limit of events.
      Objects.requireNonNull(model).cancel();
      onError(e);
    }
  }

  @Override
  public void onError(Throwable failure) {
    end(() -> producer.fail(SseEvent.of("failed", "try again")));
  }

  @Override
  public void onComplete() {
    end(() -> producer.end(SseEvent.of("done", "")));
  }

  /**
   * Tries for a minute or more: while this node renews its lease, no other node ends the answer.
   */
  private void end(Runnable ending) {
    try {
      for (int i = 0; i < ATTEMPTS && !producer.state().isEnded(); i++) {
        try {
          ending.run();
        } catch (AnswerRefusedException e) {
          // The answer was stopped just before.
          return;
        } catch (PublishException e) {
          System.err.println("An answer has no end yet: " + e.getMessage());
          Thread.sleep(PAUSE_MILLIS);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
