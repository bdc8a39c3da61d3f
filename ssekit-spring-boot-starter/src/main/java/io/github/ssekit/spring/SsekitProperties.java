package io.github.ssekit.spring;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * The settings of hub, bridge and streams. Those without a default here have that of {@code
 * HubBuilder} or {@code RedisBridgeBuilder}.
 *
 * @param heartbeat time without writes after which a stream gets a heartbeat
 * @param reconnectionTime time that clients wait before they connect again
 * @param stuckWriteDeadline time that a client may take for the whole of one write before its stream
 *     is closed
 * @param linger time that a channel without subscribers is kept open
 * @param maxLifetime time after which a stream is closed, and its client comes back; none by
 *     default
 * @param maxEventSize largest event
 * @param channelLog what each channel keeps on a node for clients that lag
 * @param maxSendSize bytes of private events that may wait for one client
 * @param maxReplaySize bytes of missed events that may wait for all clients of a node
 * @param loops number of delivery threads; one a processor by default
 * @param idsOnEventsOnly whether positions are written with events only
 * @param limits most connections at a time
 * @param drain time over which the open streams are closed when the application stops
 * @param owner who owns a stream whose controller doesn't say
 * @param closeWithSession whether the streams that controllers have returned end with their
 *     session, where this node is told of its end; with Spring Session and a bridge, a log-out also
 *     ends the streams of its owner on all nodes
 * @param expireWithToken whether a stream ends when the token expires that its request was
 *     authenticated with
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

  /** Who owns a stream whose controller doesn't say. */
  public enum Owner {
    /** The name of the request's principal, if it has one. */
    PRINCIPAL,
    /** The session, if the request has one, by a hash of its id. */
    SESSION,
    /** Nobody. */
    NONE
  }

  /**
   * What each channel keeps on a node for clients that lag.
   *
   * @param events number of events
   * @param size bytes
   */
  public record ChannelLog(@DefaultValue("1024") int events, @DefaultValue("4MB") DataSize size) {}

  /**
   * Most connections at a time; no limit where there is no default.
   *
   * @param connections of a node
   * @param connectionsPerOwner of an owner, on a node
   * @param connectionsPerChannel of a channel, on a node
   * @param channelsPerConnection channels of one connection
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
   * @param url a Redis other than that of spring.data.redis: redis://host:port and the other forms
   *     of RedisBridge
   * @param scope namespace of the application in Redis: one for each application that shares it
   * @param silence time without a probe after which the subscription is considered broken
   * @param requiredAtStart whether the application fails to start without Redis; otherwise it
   *     starts and connects as soon as it can
   * @param history which channels have history, and how much
   * @param eventTypes the type of the events of channels without history, by name, or by prefix and
   *     a star
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
   * Which channels have history, and how much of each is kept.
   *
   * @param channels names, or prefixes that end with a star, such as room:*
   * @param events number of events
   * @param age time
   */
  public record History(
      @DefaultValue List<String> channels,
      @DefaultValue("1000") int events,
      @DefaultValue("24h") Duration age) {}

  /**
   * The meters.
   *
   * @param httpServerRequests whether requests for event streams are also counted in
   *     http.server.requests, where their hours would stand among the times of other requests
   */
  public record Metrics(@DefaultValue("false") boolean httpServerRequests) {}
}
