package io.github.ssekit.hub;

import java.util.List;

/**
 * How a client that resumed became live.
 *
 * @param hasResumed whether it continues from its last event ID
 * @param resets those that the client was sent when it became live; none if it misses nothing
 * @param replays the number of pages that it was sent
 * @param events the number of events in these pages
 */
record ResumeOutcome(boolean hasResumed, List<StreamReset> resets, int replays, long events) {}
