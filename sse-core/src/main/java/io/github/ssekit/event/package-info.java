/**
 * The event stream format (WHATWG HTML Standard, section 9.2): its blocks as values, their bytes,
 * and the parser that reads them back. Usable alone, without a hub: this package depends on nothing
 * but the JDK.
 *
 * <p>Read it along the path of an event: {@link SseEvent} (with {@link Comment} and {@link
 * ReconnectionTime}, the other {@link Block}s), {@link Frame}, {@link EventStreamWriter}; then the
 * way back, {@code LineSplitter}, {@link EventStreamParser} with its {@link EventStreamHandler} and
 * its {@link EventStreamLimitException}, and {@link EventStreamReader}. {@code Text}, {@code Utf8}
 * and {@code ByteAccumulator} help both ways.
 *
 * <h2>Glossary</h2>
 *
 * <dl>
 *   <dt>event stream
 *   <dd>an HTTP response of type {@code text/event-stream}
 *   <dt>event, event type, data, last event ID, reconnection time, comment, dispatch
 *   <dd>as in the standard
 *   <dt>block
 *   <dd>the unit that is written to an event stream: an event with the blank line that ends it, or
 *       one line that is a comment or a reconnection time
 *   <dt>frame
 *   <dd>the bytes of one block
 * </dl>
 *
 * The glossary of {@code io.github.ssekit.hub} has the terms of delivery.
 *
 * <p>Null is legal only where {@code @Nullable} says so. Elsewhere the call throws a {@link
 * NullPointerException} that names the argument.
 */
@NullMarked
package io.github.ssekit.event;

import org.jspecify.annotations.NullMarked;
