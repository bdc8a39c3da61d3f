package io.github.ssekit.chat;

import io.github.ssekit.event.SseEvent;
import io.github.ssekit.hub.Position;
import io.github.ssekit.hub.PublishException;
import io.github.ssekit.redis.AnswerProducer;
import io.github.ssekit.redis.AnswerRefusedException;
import java.util.concurrent.Flow;

/** What a model says, as an answer; if the answer is stopped, so is the model. */
final class ModelAnswer implements Flow.Subscriber<String> {
  private final AnswerProducer producer;

  ModelAnswer(AnswerProducer producer) {
    this.producer = producer;
  }

  @Override
  public void onSubscribe(Flow.Subscription subscription) {
    producer.onEnd(how -> subscription.cancel());
    // Each event waits for Redis, and so does the model.
    subscription.request(Long.MAX_VALUE);
  }

  @Override
  public void onNext(String token) {
    try {
      Position unused = producer.send(SseEvent.of("token", token));
    } catch (AnswerRefusedException e) {
      // It was stopped: onEnd has cancelled the model.
    } catch (PublishException | IllegalStateException e) {
      // Redis is away, or the answer has all the events that it may have.
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

  private void end(Runnable ending) {
    try {
      ending.run();
    } catch (AnswerRefusedException e) {
      // It was stopped just before.
    } catch (PublishException e) {
      System.err.println("Redis is away, so that an answer has no end: " + e.getMessage());
    }
  }
}
