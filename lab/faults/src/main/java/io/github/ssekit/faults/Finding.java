package io.github.ssekit.faults;

import io.github.ssekit.hub.Position;
import org.jspecify.annotations.Nullable;

/**
 * Something that the oracle found in a client's trace.
 *
 * @param at the time that says to which fault it belongs, in milliseconds of the run
 * @param sentAt when the event concerned was sent, or came first
 * @param id of the event, if it is about one that did not come
 * @param index where in the trace's sightings to look
 * @param text what, for people
 */
record Finding(
    Kind kind, String client, long at, long sentAt, @Nullable Position id, int index, String text) {
  enum Kind {
    /** Missed, and a stream-reset said so. */
    TOLD,
    /** Missed, and nothing said so. */
    UNTOLD,
    /** Twice, without a reset of the channel in between. */
    DUPLICATED,
    /** So too, but stored twice: with two ids. Redis had lost the token, or ignored it. */
    STORED_TWICE,
    /** An id that is not above all before it. */
    REORDERED,
    /** Not what was published, or not to whom. */
    CORRUPT
  }
}
