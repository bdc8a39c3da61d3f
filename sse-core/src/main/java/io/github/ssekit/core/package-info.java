/**
 * Event streams: their values, their bytes, their parser, and the hub that sends them to many
 * clients.
 *
 * <p>Read along the path of an event: {@link SseEvent}, {@link Frame}, {@link Hub}, {@code
 * Channel}, {@code ChannelLog}, {@code DeliveryLoop}, {@link Connection}, {@code Outgoing}, {@link
 * Transport}.
 *
 * <h2>Glossary</h2>
 *
 * One word for each thing. Those of the WHATWG HTML Standard, section 9.2, and of Redis and Servlet
 * are theirs; the rest are ours.
 *
 * <dl>
 *   <dt>event stream
 *   <dd>a response of type {@code text/event-stream}
 *   <dt>block
 *   <dd>what stands between two blank lines of it: an event, a comment, or a reconnection time
 *   <dt>event, event type, data, last event ID, reconnection time, comment, dispatch
 *   <dd>as in the standard
 *   <dt>frame
 *   <dd>one block as bytes
 *   <dt>channel
 *   <dd>a named sequence of events, to which clients subscribe; in Redis, the channel of that name
 *   <dt>log
 *   <dd>the newest events of a channel on this node
 *   <dt>connection
 *   <dd>one client's open event stream
 *   <dt>owner
 *   <dd>whom a connection belongs to, in the application's eyes
 *   <dt>subscription, cursor
 *   <dd>a connection's membership in a channel, and its place in the log
 *   <dt>ordinal, watermark
 *   <dd>the number of an event in the order of this hub, and the highest one that may be written
 *   <dt>position
 *   <dd>an id issued by Redis, up to which a client is complete; for channels with history
 *   <dt>transport
 *   <dd>the way of bytes to one client
 *   <dt>upstream
 *   <dd>where the events of a hub's channels come from, if not from the hub itself
 *   <dt>publish, deliver, offer, write
 *   <dd>the hops of an event: the application publishes, the bridge delivers to the hub, the hub
 *       offers to a connection, the connection writes to its transport
 *   <dt>reset
 *   <dd>the event that says in band that others may be missing
 * </dl>
 */
@NullMarked
package io.github.ssekit.core;

import org.jspecify.annotations.NullMarked;
