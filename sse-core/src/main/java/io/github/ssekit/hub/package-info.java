/**
 * The hub: channels, connections, and the delivery of each event to all subscribers.
 *
 * <p>The package is flat; its classes fall into these groups:
 *
 * <dl>
 *   <dt>for applications
 *   <dd>{@link Hub}, {@link HubBuilder}, {@link EventPublisher}, {@link Connection}, {@link
 *       ConnectionOptions}, {@link Start}, {@link OverrunPolicy}, {@link StreamReset}, {@link
 *       CloseReason}, {@link PublishException}, {@link IllegalChannelException}; {@link
 *       ObjectPublisher}, {@link EventCodec}
 *   <dt>for adapters
 *   <dd>to containers: {@link Transport}, {@link Refusal}, {@link OverCapacityException}, {@link
 *       UnopenedConnection}; to a message broker: {@link Upstream}, {@link Feed}, {@link Position},
 *       {@link Replay}
 *   <dt>for tests
 *   <dd>{@link ManualHub}, {@link RecordingTransport}
 *   <dt>logs
 *   <dd>{@code Channel}, {@code Channels}, {@code ChannelLog}, {@code NewestByKey}, {@code
 *       Subscription}
 *   <dt>loops
 *   <dd>{@code HubThreads}, {@code DeliveryLoops}, {@code DeliveryLoop}, {@code Subscribers},
 *       {@code LoopConnection}, {@code StreamConnection}, {@code Outgoing}, {@code Batches}, {@code
 *       PeriodicWork}, {@code Tick}, {@code TransportSignals}, {@code NoTransport}
 *   <dt>resume
 *   <dd>{@code Subscriptions}, {@code Resume}, {@code ResumingSubscriptions}, {@code Resumes},
 *       {@code ResumeOutcome}, {@code ReplayRoom}
 *   <dt>limits, observing and closing
 *   <dd>{@code OpenConnections}, {@link HubObserver}, {@link HubSnapshot}, {@code Observation},
 *       {@code SnapshotRequest}, {@code LoopCounters}, {@code ConnectionLine}, {@code RareLine},
 *       {@code Health}, {@code Owners}, {@code Drain}, {@code CloseIf}, {@code CloseListeners}
 *   <dt>shared by many classes
 *   <dd>{@code HubSettings}, {@code ConnectionContext}, {@code LogText}
 * </dl>
 *
 * <p>Read along the path of an event: {@link Hub} or {@link Feed}, {@code Channel}, {@code
 * ChannelLog}, {@code DeliveryLoop}, {@code LoopConnection}, {@code StreamConnection}, {@code
 * Outgoing}, {@link Transport}. The event itself and its bytes are in {@code
 * io.github.ssekit.event}.
 *
 * <h2>Glossary</h2>
 *
 * One term for each thing. Terms of Redis and of the Servlet specification keep their meaning; the
 * terms of the event stream are in the glossary of {@code io.github.ssekit.event}.
 *
 * <dl>
 *   <dt>channel
 *   <dd>a named sequence of events that clients subscribe to
 *   <dt>plain channel
 *   <dd>a channel whose events are delivered at most once and have no ids; in Redis, the pub/sub
 *       channel of the same name
 *   <dt>channel with history
 *   <dd>a channel whose events have ids and are kept in Redis, so that a client can resume
 *   <dt>history
 *   <dd>the events of one channel that Redis keeps, in a Redis stream
 *   <dt>log
 *   <dd>the newest events of one channel in the memory of this node
 *   <dt>connection
 *   <dd>the open event stream of one client
 *   <dt>owner
 *   <dd>the user, or whatever else the application counts connections by
 *   <dt>subscription
 *   <dd>the membership of one connection in one channel
 *   <dt>cursor
 *   <dd>the place of a subscription in the log of its channel
 *   <dt>ordinal
 *   <dd>the sequence number that the hub gives to an event when it appends the event to a log
 *   <dt>watermark
 *   <dd>the highest ordinal that may be written: all events up to it are in their logs
 *   <dt>position
 *   <dd>a place in the one order of all events of the channels with history: an id that Redis has
 *       issued. A client whose last event ID is a position has every event up to there
 *   <dt>resume
 *   <dd>to continue after a position: a client that reconnects with {@code Last-Event-ID} first
 *       gets the events after it, then live events
 *   <dt>newcomer
 *   <dd>a client without a last event ID. Its {@link Start} says which events of the past it is
 *       given
 *   <dt>live
 *   <dd>the state of a connection that gets events as they are appended to the logs
 *   <dt>page
 *   <dd>the events that one read of the history returns, for one or more channels
 *   <dt>replay
 *   <dd>the bytes of a page, as a resuming client gets them
 *   <dt>repair
 *   <dd>a node's own resume: after its subscription to Redis was interrupted, the node reads the
 *       events that it missed, up to a probe, and appends them to the logs
 *   <dt>reset
 *   <dd>an event of type {@code stream-reset}, which tells a client that events may be missing, and
 *       why
 *   <dt>token
 *   <dd>an idempotency key: publishing again with the same token stores the event once
 *   <dt>upstream
 *   <dd>the source of a hub's events outside its process, such as Redis
 *   <dt>node
 *   <dd>one process with a hub; all nodes of an application share one Redis
 *   <dt>scope
 *   <dd>the namespace of one application in Redis: its channels with history share one order of ids
 *   <dt>probe
 *   <dd>a message that a node publishes in order to hear it on its own subscription. It proves that
 *       the subscription works, and that the node has heard all messages published before
 *   <dt>transport
 *   <dd>the bytes' way to one client, as a container provides it
 *   <dt>delivery loop
 *   <dd>a thread that writes to the connections assigned to it
 *   <dt>tick
 *   <dd>a delivery loop's periodic look at the clock, for heartbeats and deadlines
 *   <dt>heartbeat
 *   <dd>a block without data, written when nothing else was written for a while: a comment or, on
 *       channels with history, a position
 *   <dt>drain
 *   <dd>to close all connections of a hub, spread over a given time
 * </dl>
 *
 * <p>The hops of an event have one verb each: the application <em>publishes</em> it, the bridge
 * <em>delivers</em> it to the hub, the hub <em>appends</em> it to a log, and the connection
 * <em>writes</em> it to its transport. A block for one client alone is <em>sent</em> to its
 * connection.
 *
 * <p>Null is legal only where {@code @Nullable} says so. Elsewhere the call throws a {@link
 * NullPointerException} that names the argument.
 */
@NullMarked
package io.github.ssekit.hub;

import org.jspecify.annotations.NullMarked;
