/**
 * The hub: channels, connections, and the delivery of each event to all who listen.
 *
 * <p>The package is flat; its classes fall into these groups:
 *
 * <dl>
 *   <dt>for applications
 *   <dd>{@link Hub}, {@link HubBuilder}, {@link EventPublisher}, {@link Connection}, {@link
 *       ConnectionOptions}, {@link OverrunPolicy}, {@link StreamReset}, {@link CloseReason}
 *   <dt>for adapters
 *   <dd>to containers: {@link Transport}, {@link Refusal}, {@link OverCapacityException}; to a
 *       message broker: {@link Upstream}, {@link Position}, {@link Replay}
 *   <dt>logs
 *   <dd>{@code Channel}, {@code Channels}, {@code ChannelLog}, {@code NewestByKey}
 *   <dt>loops
 *   <dd>{@code HubThreads}, {@code DeliveryLoop}, {@code Subscribers}, {@code Batches}, {@code
 *       Outgoing}
 *   <dt>resume
 *   <dd>{@code Resume}, {@code Resumes}, {@code ReplayRoom}
 *   <dt>seen and ended
 *   <dd>{@link HubObserver}, {@link HubSnapshot}, {@code Observation}, {@code Census}, {@code
 *       Health}, {@code Drain}, {@code CloseIf}
 * </dl>
 *
 * <p>Read along the path of an event: {@link Hub}, {@code Channel}, {@code ChannelLog}, {@code
 * DeliveryLoop}, {@link Connection}, {@code Outgoing}, {@link Transport}. The event itself and its
 * bytes are in {@code io.github.ssekit.event}.
 *
 * <h2>Glossary</h2>
 *
 * One word for each thing. Those of Redis and Servlet are theirs; the event stream's are in {@code
 * io.github.ssekit.event}; the rest are ours.
 *
 * <dl>
 *   <dt>channel
 *   <dd>a named sequence of events, to which clients subscribe; in Redis, without history, the
 *       channel of that name
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
 *   <dt>history, with history, plain
 *   <dd>the events of a channel that are kept upstream; a channel whose events are kept; one
 *       without history
 *   <dt>page
 *   <dd>what is kept upstream of some channels after a position, as much as is read at once
 *   <dt>replay
 *   <dd>a page as a client gets it
 *   <dt>token
 *   <dd>what a publisher gives with an event, so that it is stored once, however often it is tried
 *   <dt>transport
 *   <dd>the way of bytes to one client
 *   <dt>upstream
 *   <dd>where the events of a hub's channels come from, if not from the hub itself
 *   <dt>node
 *   <dd>one process with a hub, of those that share a Redis
 *   <dt>scope
 *   <dd>all channels with history of one application: one order of ids
 *   <dt>probe
 *   <dd>what a bridge publishes to itself, to know that it is heard
 *   <dt>delivery loop, tick
 *   <dd>a thread that writes to some of the connections; how often it is given the time
 *   <dt>sign of life
 *   <dd>what shows a client that its stream stands: anything; with history, a position
 *   <dt>heartbeat
 *   <dd>a sign of life that is written because there was none for a while: a comment, or a position
 *   <dt>publish, deliver, offer, write
 *   <dd>the hops of an event: the application publishes, the bridge delivers to the hub, which
 *       appends to the log; the connection writes from there to its transport. What is sent to one
 *       client alone is offered to its connection
 *   <dt>reset
 *   <dd>the event that says in band that others may be missing
 * </dl>
 *
 * <p>Null is legal only where {@code @Nullable} says so. Elsewhere the call throws a {@link
 * NullPointerException} that names the argument.
 */
@NullMarked
package io.github.ssekit.hub;

import org.jspecify.annotations.NullMarked;
