/**
 * The servlet adapter: {@link io.github.ssekit.servlet.EventStreams} turns a request into a
 * connection of a hub, {@link io.github.ssekit.servlet.EventStreamServlet} does so at a path.
 *
 * <p>The package is flat; its classes fall into these groups:
 *
 * <dl>
 *   <dt>for applications
 *   <dd>{@link io.github.ssekit.servlet.EventStreams}, {@link
 *       io.github.ssekit.servlet.EventStreamServlet}, {@link
 *       io.github.ssekit.servlet.EventStreamServletBuilder}, {@link
 *       io.github.ssekit.servlet.Admission}, {@link io.github.ssekit.servlet.OverCapacityAnswer}
 *   <dt>before the stream
 *   <dd>{@code Origins}, {@code Head}, {@code CurrentFilters}, {@code TomcatTlsBug}
 *   <dt>transports
 *   <dd>{@code TransportFactory} chooses one: {@code ServletTransport}, for any container, with
 *       {@code AsyncCompletion}; {@code TomcatTransport}, {@code UndertowTransport}, {@code
 *       JettyTransport}
 *   <dt>Jetty's chunks
 *   <dd>{@code JettyChunks} and {@code JettyCore} write whole chunks ({@code HttpChunk}); where
 *       that is not possible, {@code ChunkEnds} ends chunks after a short pause
 * </dl>
 */
@NullMarked
package io.github.ssekit.servlet;

import org.jspecify.annotations.NullMarked;
