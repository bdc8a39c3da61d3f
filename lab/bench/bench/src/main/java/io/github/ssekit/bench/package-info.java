/**
 * The benchmark: {@link io.github.ssekit.bench.Bench} runs servers in turns, each in a process of
 * its own, under one load client, and prints what each delivery costs.
 */
@NullMarked
package io.github.ssekit.bench;

import org.jspecify.annotations.NullMarked;
