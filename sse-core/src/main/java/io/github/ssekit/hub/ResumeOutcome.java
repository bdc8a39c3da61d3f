package io.github.ssekit.hub;

import org.jspecify.annotations.Nullable;

/**
 * How a client that resumed became live.
 *
 * @param reset the reset that the client was sent, or null if it misses nothing
 * @param replays the number of pages that it was sent
 * @param events the number of events in these pages
 */
record ResumeOutcome(@Nullable StreamReset reset, int replays, long events) {}
