/**
 * The servlet adapter: {@link io.github.ssekit.servlet.EventStreams} turns a request into a
 * connection of a hub, {@link io.github.ssekit.servlet.EventStreamServlet} does so at a path.
 */
@NullMarked
package io.github.ssekit.servlet;

import org.jspecify.annotations.NullMarked;
