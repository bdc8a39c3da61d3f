package io.github.ssekit.faults;

/**
 * A fault that was run.
 *
 * @param startedAt in milliseconds of the run; the row lasts until the next row's start
 * @param endedAt when the broken part could work again
 * @param recoveredAt when all clients had an event of each channel that was first sent after {@code
 *     endedAt}; -1 if they had not within the time limit
 */
record Row(Step step, long startedAt, long endedAt, long recoveredAt) {
  long recoveryMillis() {
    return recoveredAt < 0 ? -1 : recoveredAt - endedAt;
  }
}
