/**
 * Meters for Micrometer, all named {@code ssekit.*}. No tag has a value that a client or an
 * application chooses, so the number of series is fixed. docs/metrics.md describes each series.
 */
@NullMarked
package io.github.ssekit.micrometer;

import org.jspecify.annotations.NullMarked;
