package io.github.ssekit.redis;

/**
 * An answer can't be started, or takes no more events from a producer: the answer's state says why.
 * See {@link AnswerProducer}.
 */
public final class AnswerRefusedException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final AnswerState state;

  AnswerRefusedException(String id, AnswerState state) {
    super("answer \"%s\" is %s".formatted(Diagnosis.clean(id), state));
    this.state = state;
  }

  /** The state of the answer: {@link AnswerState#RUNNING} for a second start, or an ended state. */
  public AnswerState state() {
    return state;
  }
}
