package io.github.ssekit.hub;

import java.util.List;

/**
 * The result of a client's resume, once the client is live.
 *
 * @param hasResumed whether it continues from its last event ID
 * @param resets the resets that the client was sent when it became live; empty if it misses no
 *     events
 * @param replays the number of pages that it was sent
 * @param events the number of events in these pages
 */
record ResumeOutcome(boolean hasResumed, List<StreamReset> resets, int replays, long events) {}
