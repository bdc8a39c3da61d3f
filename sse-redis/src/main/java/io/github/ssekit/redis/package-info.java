/**
 * The bridge between Redis pub/sub and a hub: {@link io.github.ssekit.redis.RedisBridge}. No type
 * of the Redis client is part of the API.
 *
 * <p>The package is flat; its classes fall into these groups:
 *
 * <dl>
 *   <dt>for applications
 *   <dd>{@link io.github.ssekit.redis.RedisBridge}, {@link
 *       io.github.ssekit.redis.RedisBridgeBuilder}, {@link io.github.ssekit.redis.RedisHealth},
 *       {@link io.github.ssekit.redis.Recent}, {@link io.github.ssekit.redis.RedisLogin}, {@link
 *       io.github.ssekit.redis.RedisUnavailableException}, {@link
 *       io.github.ssekit.redis.NodeReplies}
 *   <dt>publishing
 *   <dd>{@code RedisPublisher}, which uses {@code PublishPipeline} with {@code PublishFlight} and
 *       {@code Publishing}; {@code Publication}, {@code PublishScript}, {@code PublishRules}
 *   <dt>scripts
 *   <dd>{@code HistoryScripts}, {@code Script} and the Lua files beside them; {@code Scope}, {@code
 *       Rights}
 *   <dt>answers
 *   <dd>{@link io.github.ssekit.redis.AnswerStreams}, {@link
 *       io.github.ssekit.redis.AnswerProducer}, {@link io.github.ssekit.redis.AnswerOptions},
 *       {@link io.github.ssekit.redis.AnswerState}, {@link
 *       io.github.ssekit.redis.AnswerRefusedException}; {@code AnswerScripts}
 *   <dt>subscribing
 *   <dd>{@code RedisSubscriber}, {@code SubscribedConnection}, {@code SubscriptionWriter}, {@code
 *       SubscribeCommands}, {@code OpenChannels}, {@code ControlMessage}, {@code Message}
 *   <dt>state channels
 *   <dd>{@link io.github.ssekit.redis.StateChannels}, {@link
 *       io.github.ssekit.redis.StateFullException}
 *   <dt>presence
 *   <dd>{@link io.github.ssekit.redis.Presence}, {@code LocalPresence}, {@code PresenceScripts}
 *   <dt>telling all nodes
 *   <dd>{@code Directives}, {@code Directive}, {@code AwaitedReplies}
 *   <dt>the protocol of positions
 *   <dd>{@code PositionProtocol} with {@code HeardChannels}, {@code HeardChannel} and {@code
 *       ChannelAudit} finds gaps, losses, and a Redis that went back in time. It sees the rest as
 *       {@code ProtocolHub}, {@code ProtocolRedis} and {@code ProtocolMemory}. {@code Evidence} and
 *       {@code GapNotices} hold its reports to Redis; {@code AuditRotation}
 *   <dt>reading the history
 *   <dd>{@code Replays} for clients, {@code MovedChannels}, {@code Page}, {@code Merge}, {@code
 *       Entry}
 *   <dt>connecting
 *   <dd>{@code RedisConnector}, {@code RedisConnection}, {@code PubSubConnection}, {@code
 *       CommandPool}, {@code PrimaryFinder}, {@code PrimaryDiscovery}, {@code RedisUri}, {@code
 *       RedisAddress}, {@code RedisSocketFactory}, {@code Tls}, {@code JedisVersion}
 *   <dt>failures
 *   <dd>{@code RedisFailure}, {@code Diagnosis}, {@code Outage}, {@code Survival}, {@code TlsCheck}
 *   <dt>shared by many classes
 *   <dd>{@code BridgeParts}, {@code BackgroundThread}
 * </dl>
 *
 * <p>Read along the path of an event from Redis: {@code RedisSubscriber}, {@code
 * SubscribedConnection}, {@code PositionProtocol}, {@code Deliveries}, {@link
 * io.github.ssekit.hub.Feed}. The terms are in the glossary of {@code io.github.ssekit.hub}; the
 * terms of this package:
 *
 * <dl>
 *   <dt>answer
 *   <dd>a channel with history that has a beginning, one producer, and an ending
 *   <dt>lease
 *   <dd>a producer's claim to its answer, which its node renews. When it is not renewed in time,
 *       another node ends the answer
 *   <dt>directive
 *   <dd>an instruction to all nodes about the connections of an owner or a channel
 *   <dt>state channel
 *   <dd>a channel with history that keeps the newest event of each key
 *   <dt>presence
 *   <dd>the names that have joined a channel, on all nodes
 *   <dt>gap
 *   <dd>an event that Redis published and this node did not hear. The next event of the channel
 *       reveals the gap, since each event names the event before it
 *   <dt>loss
 *   <dd>events that Redis once had, and no longer has: a node has heard them, or Redis had
 *       confirmed them
 *   <dt>rewind
 *   <dd>Redis continues from an older state: after a restart or a restore, or on another server
 *   <dt>run
 *   <dd>one process of a Redis server, by its run id
 *   <dt>control channel
 *   <dd>the Redis channel of a scope on which nodes hear probes, gaps and rewinds
 * </dl>
 */
@NullMarked
package io.github.ssekit.redis;

import org.jspecify.annotations.NullMarked;
