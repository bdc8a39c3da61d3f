package io.github.ssekit.faults;

import io.github.ssekit.hub.Position;
import org.jspecify.annotations.Nullable;

/**
 * A finding of the oracle in a client's trace.
 *
 * @param at the time that assigns the finding to a fault, in milliseconds of the run
 * @param sentAt when the event was sent, or first came
 * @param id of the event, if the event did not come
 * @param index where in the trace's sightings to look
 * @param text description for people
 */
record Finding(
    Kind kind, String client, long at, long sentAt, @Nullable Position id, int index, String text) {
  enum Kind {
    /** An event did not come, and a stream-reset told the client. */
    TOLD,
    /** An event did not come, and no stream-reset told the client. */
    UNTOLD,
    /** An event came twice, without a reset of the channel in between. */
    DUPLICATED,
    /**
     * An event came twice, with two ids: it was stored twice. Redis had lost the token, or ignored
     * it.
     */
    STORED_TWICE,
    /** An id is not above all earlier ids. */
    REORDERED,
    /** Content that was not published, or that is not for the client. */
    CORRUPT
  }
}
