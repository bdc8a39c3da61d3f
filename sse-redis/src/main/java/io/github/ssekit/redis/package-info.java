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
 *   <dt>judging what was heard
 *   <dd>{@code PositionProtocol} with {@code HeardChannels}, {@code HeardChannel} and {@code
 *       ChannelAudit}: gaps, losses, and a Redis that went back in time. It sees the rest as {@code
 *       ProtocolHub}, {@code ProtocolRedis} and {@code ProtocolMemory}. {@code Evidence} and {@code
 *       GapNotices}: what Redis is to be told of them; {@code AuditRotation}
 *   <dt>reading the history
 *   <dd>{@code Replays} for clients, {@code MovedChannels}, {@code Page}, {@code Merge}, {@code
 *       Entry}
 *   <dt>connecting
 *   <dd>{@code RedisConnector}, {@code RedisConnection}, {@code PubSubConnection}, {@code
 *       CommandPool}, {@code PrimaryFinder}, {@code PrimaryDiscovery}, {@code RedisUri}, {@code
 *       RedisAddress}, {@code RedisSocketFactory}, {@code Tls}, {@code JedisVersion}
 *   <dt>failures
 *   <dd>{@code RedisFailure}, {@code Diagnosis}, {@code Outage}, {@code Survival}, {@code TlsCheck}
 *   <dt>what many classes share
 *   <dd>{@code BridgeParts}, {@code BackgroundThread}
 * </dl>
 *
 * <p>Read along the way of an event from Redis: {@code RedisSubscriber}, {@code
 * SubscribedConnection}, {@code PositionProtocol}, {@code Deliveries}, {@link
 * io.github.ssekit.hub.Feed}. The terms are in the glossary of {@code io.github.ssekit.hub}; those
 * of this package:
 *
 * <dl>
 *   <dt>answer
 *   <dd>a channel with history that has a beginning, one producer, and an ending
 *   <dt>lease
 *   <dd>a producer's claim to its answer, which its node renews. When it is not renewed in time,
 *       another node ends the answer
 *   <dt>directive
 *   <dd>what all nodes are told to do with the connections of an owner or a channel
 *   <dt>state channel
 *   <dd>a channel with history of which the newest event of each key is kept
 *   <dt>presence
 *   <dd>who is on a channel: the names of those who have joined it, on all nodes
 *   <dt>gap
 *   <dd>an event that Redis published and this node did not hear. The next event of the channel
 *       reveals it, since each names the one before it
 *   <dt>loss
 *   <dd>events that Redis once had, and has no longer: a node has heard them, or Redis had
 *       acknowledged them
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
