/**
 * The benchmark: {@link io.github.ssekit.bench.Bench} runs servers in turns, each in a process of
 * its own, under one load client, and prints the cost of each delivery.
 */
@NullMarked
package io.github.ssekit.bench;

import org.jspecify.annotations.NullMarked;
