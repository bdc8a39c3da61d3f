/**
 * A client of event streams (WHATWG HTML Standard, section 9.2) over {@code java.net.http}: {@link
 * EventSource} connects, parses, reconnects and resumes as a browser's {@code EventSource} does.
 * Depends on the JDK and on {@code io.github.ssekit.event}, which has the events and the parser.
 *
 * <p>Read it in this order: {@link EventSource}, which has the loop of a connection's life; {@code
 * Connector}, which asks for the stream and judges the answer; {@code Backoff}, {@code
 * WatchedInputStream} and {@code EventQueue}, one rule each.
 *
 * <p>Null is legal only where {@code @Nullable} says so. Elsewhere the call throws a {@link
 * NullPointerException} that names the argument.
 */
@NullMarked
package io.github.ssekit.client;

import org.jspecify.annotations.NullMarked;
