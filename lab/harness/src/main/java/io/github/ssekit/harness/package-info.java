/**
 * Tools of the tests: {@link RedisProcess} and other processes ({@link ChildProcess}), {@link
 * Ports}, installed {@link Programs}, the log ({@link LogCapture}), and the rows of a test with
 * nulls ({@link NullsTable}). A hub that a test runs by hand is in {@code sse-core}: {@code
 * ManualHub}.
 */
@NullMarked
package io.github.ssekit.harness;

import org.jspecify.annotations.NullMarked;
