package io.github.ssekit.chat;

import java.time.Duration;
import java.util.concurrent.Flow;
import java.util.concurrent.SubmissionPublisher;

/**
 * A model that thinks as it speaks: it says one word after the other to each subscriber, until the
 * subscriber cancels.
 */
final class SlowModel implements Flow.Publisher<String> {
  private static final String WORDS =
      "That is a good question, and it has more than one answer. "
          + "Whatever I say now is kept in Redis as I say it, so you may reload this page, "
          + "open it in another browser, or ask the other node: everybody reads the same, from the first word on. "
          + "You may also press Stop, wherever you are, and I shall be quiet. "
          + "If nobody stops me, I come to my end by myself, and so does this stream.";

  private final String question;
  private final Duration pause;

  /**
   * A model with a question.
   *
   * @param pause the pause after each word
   */
  SlowModel(String question, Duration pause) {
    this.question = question;
    this.pause = pause;
  }

  @Override
  public void subscribe(Flow.Subscriber<? super String> asker) {
    SubmissionPublisher<String> words = new SubmissionPublisher<>();
    words.subscribe(asker);
    Thread speaking = new Thread(() -> speak(words), "model");
    speaking.setDaemon(true);
    speaking.start();
  }

  private void speak(SubmissionPublisher<String> words) {
    try (words) {
      for (String word : ("“" + question + "”? " + WORDS).split("(?<= )", -1)) {
        if (!words.hasSubscribers()) {
          return;
        }
        words.submit(word);
        Thread.sleep(pause.toMillis());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
