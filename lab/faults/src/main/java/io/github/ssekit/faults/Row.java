package io.github.ssekit.faults;

/**
 * A fault as it was done.
 *
 * @param startedAt in milliseconds of the run; all until the next row's start belongs to it
 * @param endedAt when what was broken could work again
 * @param recoveredAt when all clients had an event of each channel that was first sent after that;
 *     -1 if never, which is waited for only so long
 */
record Row(Step step, long startedAt, long endedAt, long recoveredAt) {
  long recoveryMillis() {
    return recoveredAt < 0 ? -1 : recoveredAt - endedAt;
  }
}
