package io.github.ssekit.redis;

/**
 * An answer can't be started, or takes no more events of a producer: it has a state that says why.
 * See {@link AnswerProducer}.
 */
public final class AnswerRefusedException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final AnswerState state;

  AnswerRefusedException(String id, AnswerState state) {
    super("answer \"%s\" is %s".formatted(Diagnosis.clean(id), state));
    this.state = state;
  }

  /** What the answer is: {@link AnswerState#RUNNING} for a second start, or how it has ended. */
  public AnswerState state() {
    return state;
  }
}
