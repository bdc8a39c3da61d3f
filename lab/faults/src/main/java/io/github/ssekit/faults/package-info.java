/**
 * The fault lab: a Redis, nodes and clients as processes of their own, with a proxy on every
 * connection between them; faults drawn from a seed; and an oracle that knows only acknowledged
 * events. {@link io.github.ssekit.faults.Lab} runs it.
 *
 * <p>The path of a run: a {@link io.github.ssekit.faults.Plan} of {@link
 * io.github.ssekit.faults.Fault}s is played on a {@link io.github.ssekit.faults.Stage}, whose
 * {@link io.github.ssekit.faults.Publisher}s write the {@link io.github.ssekit.faults.Ledger} and
 * whose {@link io.github.ssekit.faults.Client}s each write a {@link io.github.ssekit.faults.Trace}.
 * The {@link io.github.ssekit.faults.Oracle} reads both, the {@link io.github.ssekit.faults.Report}
 * prints the findings.
 *
 * <p>The {@link io.github.ssekit.faults.AnswerLab} and the {@link io.github.ssekit.faults.StateLab}
 * have a {@link io.github.ssekit.faults.PlainStage}, judges of their own, and nodes of the same
 * kind.
 */
@NullMarked
package io.github.ssekit.faults;

import org.jspecify.annotations.NullMarked;
