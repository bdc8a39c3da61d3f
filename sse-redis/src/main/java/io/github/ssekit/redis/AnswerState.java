package io.github.ssekit.redis;

/** What has become of an answer, see {@link AnswerStreams}. */
public enum AnswerState {
  /** Nobody has started it, nor stopped it. */
  NONE("none"),
  /** It has a producer, whose lease is renewed. */
  RUNNING("running"),
  /** Its producer has ended it. */
  DONE("done"),
  /** Its producer has ended it as failed. */
  FAILED("failed"),
  /** It was stopped. */
  CANCELLED("cancelled"),
  /** Its producer's node has died, or could not reach Redis for the time of a lease. */
  PRODUCER_LOST("producer-lost"),
  /** It has ended so long ago that it is no longer kept; or Redis has lost it. */
  EXPIRED("expired");

  private final String text;

  AnswerState(String text) {
    this.text = text;
  }

  /**
   * Returns the state of a script's word. One that isn't ours is as one that Redis has lost:
   * another program has written there.
   */
  static AnswerState of(String word) {
    for (AnswerState state : values()) {
      if (state.text.equals(word)) {
        return state;
      }
    }
    return EXPIRED;
  }

  /** Whether it has come to an end, in one way or another. */
  public boolean isEnded() {
    return this != NONE && this != RUNNING;
  }

  /** The word in Redis and on the wire, such as {@code producer-lost}. */
  @Override
  public String toString() {
    return text;
  }
}
