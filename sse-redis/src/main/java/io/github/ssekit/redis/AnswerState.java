package io.github.ssekit.redis;

/** The state of an answer, see {@link AnswerStreams}. */
public enum AnswerState {
  /** Nobody has started or stopped the answer. */
  NONE("none"),
  /** The answer has a producer, whose node renews the lease. */
  RUNNING("running"),
  /** The producer has ended the answer. */
  DONE("done"),
  /** The producer has ended the answer as failed. */
  FAILED("failed"),
  /** The answer was stopped. */
  CANCELLED("cancelled"),
  /** The producer's node has died, or has not renewed the lease although Redis was there. */
  PRODUCER_LOST("producer-lost"),
  /** The answer ended so long ago that Redis no longer keeps it, or Redis has lost the answer. */
  EXPIRED("expired");

  private final String text;

  AnswerState(String text) {
    this.text = text;
  }

  /**
   * Returns the state for a word from a script. An unknown word, which another program has written,
   * counts as {@link #EXPIRED}, like an answer that Redis has lost.
   */
  static AnswerState of(String word) {
    for (AnswerState state : values()) {
      if (state.text.equals(word)) {
        return state;
      }
    }
    return EXPIRED;
  }

  /** Whether the answer has ended, in any way. */
  public boolean isEnded() {
    return this != NONE && this != RUNNING;
  }

  /** The word in Redis and on the wire, such as {@code producer-lost}. */
  @Override
  public String toString() {
    return text;
  }
}
