package io.github.ssekit.spring;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * The settings of hub, bridge and streams. Settings without a default here have the default of
 * {@code HubBuilder} or {@code RedisBridgeBuilder}.
 *
 * @param heartbeat time without writes after which a stream gets a heartbeat
 * @param reconnectionTime time that clients wait before they connect again
 * @param stuckWriteDeadline time that a client may take for the whole of one write before its
 *     stream is closed
 * @param linger time that a channel without subscribers is kept open
 * @param maxLifetime time after which a stream is closed, and its client comes back; none by
 *     default
 * @param maxEventSize largest event
 * @param channelLog log of each channel on a node, for clients that lag
 * @param maxSendSize bytes of private events that may wait for one client
 * @param maxReplaySize bytes of missed events that may wait for all clients of a node
 * @param loops number of delivery threads; one a processor by default
 * @param idsOnEventsOnly whether positions are written with events only
 * @param limits most connections at a time
 * @param drain time over which the open streams are closed when the application stops
 * @param owner owner of a stream whose controller sets no owner
 * @param closeWithSession whether the streams that controllers have returned end with their
 *     session, if this node learns of the session's end; with Spring Session and a bridge, a
 *     log-out also ends the streams of its owner on all nodes
 * @param expireWithToken whether a stream ends when the token that authenticated its request
 *     expires
 * @param redis the bridge over Redis
 * @param metrics the meters
 */
@ConfigurationProperties("ssekit")
public record SsekitProperties(
    @DefaultValue("15s") Duration heartbeat,
    @DefaultValue("2s") Duration reconnectionTime,
    @DefaultValue("30s") Duration stuckWriteDeadline,
    @DefaultValue("5s") Duration linger,
    @Nullable Duration maxLifetime,
    @DefaultValue("1MB") DataSize maxEventSize,
    @DefaultValue ChannelLog channelLog,
    @DefaultValue("256KB") DataSize maxSendSize,
    @Nullable DataSize maxReplaySize,
    @Nullable Integer loops,
    @DefaultValue("false") boolean idsOnEventsOnly,
    @DefaultValue Limits limits,
    @DefaultValue("5s") Duration drain,
    @DefaultValue("principal") Owner owner,
    @DefaultValue("true") boolean closeWithSession,
    @DefaultValue("true") boolean expireWithToken,
    @DefaultValue Redis redis,
    @DefaultValue Metrics metrics) {

  /** The owner of a stream whose controller sets no owner. */
  public enum Owner {
    /** The name of the request's principal; no owner without a principal. */
    PRINCIPAL,
    /** A hash of the id of the request's session; no owner without a session. */
    SESSION,
    /** No owner. */
    NONE
  }

  /**
   * The log of each channel on a node, for clients that lag.
   *
   * @param events number of events
   * @param size bytes
   */
  public record ChannelLog(@DefaultValue("1024") int events, @DefaultValue("4MB") DataSize size) {}

  /**
   * Most connections at a time; no limit where there is no default.
   *
   * @param connections most connections of a node
   * @param connectionsPerOwner most connections of an owner, on a node
   * @param connectionsPerChannel most connections of a channel, on a node
   * @param channelsPerConnection most channels of one connection
   */
  public record Limits(
      @Nullable Integer connections,
      @Nullable Integer connectionsPerOwner,
      @Nullable Integer connectionsPerChannel,
      @DefaultValue("1000") int channelsPerConnection) {}

  /**
   * The bridge over Redis.
   *
   * @param enabled whether there is a bridge if the application has a Redis
   * @param url address of a Redis other than spring.data.redis: redis://host:port and the other
   *     forms of RedisBridge
   * @param scope namespace of the application in Redis: its own for each application that shares
   *     the Redis
   * @param silence time without a probe after which the subscription is considered broken
   * @param requiredAtStart whether the application fails to start without Redis; otherwise it
   *     starts and connects as soon as it can
   * @param history channels with history, and the amount of history that Redis keeps
   * @param eventTypes type of the events of plain channels, by name, or by prefix and a star
   * @param answers whether the bridge has answers
   * @param maxUnconfirmedSize bytes that publishAsync may hold
   */
  public record Redis(
      @DefaultValue("true") boolean enabled,
      @Nullable String url,
      @DefaultValue("sse") String scope,
      @DefaultValue("10s") Duration silence,
      @DefaultValue("false") boolean requiredAtStart,
      @DefaultValue History history,
      @DefaultValue Map<String, String> eventTypes,
      @DefaultValue("false") boolean answers,
      @DefaultValue("16MB") DataSize maxUnconfirmedSize) {

    /** Without login. */
    @Override
    public String toString() {
      return "Redis[enabled=" + enabled + ", scope=" + scope + "]";
    }
  }

  /**
   * The channels with history, and the amount of history that Redis keeps of each.
   *
   * @param channels names, or prefixes that end with a star, such as room:*
   * @param events number of events
   * @param age time for which Redis keeps events
   */
  public record History(
      @DefaultValue List<String> channels,
      @DefaultValue("1000") int events,
      @DefaultValue("24h") Duration age) {}

  /**
   * The meters.
   *
   * @param httpServerRequests whether http.server.requests also counts requests for event streams,
   *     whose hours would hide the times of other requests
   */
  public record Metrics(@DefaultValue("false") boolean httpServerRequests) {}
}
