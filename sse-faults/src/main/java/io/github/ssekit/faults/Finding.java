package io.github.ssekit.faults;

/**
 * Something that the oracle found in a client's trace.
 *
 * @param at the time that says to which fault it belongs, in milliseconds of the run
 * @param sentAt when the event concerned was sent
 * @param index where in the trace's sightings to look
 * @param text what, for people
 */
record Finding(Kind kind, String client, long at, long sentAt, int index, String text) {
  enum Kind {
    /** Missed, and a stream-reset said so. */
    TOLD,
    /** Missed, and nothing said so. */
    UNTOLD,
    /** Twice, without a reset of the channel in between. */
    DUPLICATED,
    /** An id that is not above all before it. */
    REORDERED,
    /** Not what was published, or not to whom. */
    CORRUPT
  }
}
