package io.github.ssekit.faults;

import io.github.ssekit.harness.Programs;
import io.github.ssekit.hub.Position;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.StreamEntryID;
import redis.clients.jedis.resps.StreamEntry;

/** All parts of a run: Redis, nodes, proxies, publishers and clients. */
final class Stage implements AutoCloseable {
  static final List<String> CHANNELS = List.of("a", "b", "c");

  /** The key of the scope's hash, common to all channels. */
  static final String SCOPE = "{sse}:scope";

  /** The Redis channel that every node listens to. */
  static final String CONTROL = "{sse}:control";

  private static final int PUBLISHERS_A_CHANNEL = 2;

  /**
   * Events in a node's log of a channel: enough to resume from; {@link #SMALL_LOG} has hardly any.
   */
  private static final int LARGE_LOG = 1024;

  private static final int SMALL_LOG = 16;

  final RunClock clock = new RunClock();
  final Ledger ledger = new Ledger();

  /** The Redis, or the first leader of several. */
  final RedisServer redis;

  /** Several Redis servers, or null if there is one, behind proxies. */
  final @Nullable RedisGroup group;

  final List<NodeProcess> nodes = new ArrayList<>();

  /** Proxies from each node to Redis. */
  final List<FaultProxy> toRedis = new ArrayList<>();

  /** Proxies from the publishers to each node. */
  final List<FaultProxy> toPublish = new ArrayList<>();

  /** Proxies from each client to each node. */
  final List<List<FaultProxy>> toEvents = new ArrayList<>();

  final List<Client> clients = new ArrayList<>();
  private final List<Client> visitors = new ArrayList<>();
  private final List<Publisher> publishers = new ArrayList<>();
  private final long seed;
  private final Path folder;
  private int extras;

  /** Violations that faults found, in words. */
  final List<String> complaints = new ArrayList<>();

  /** Unavailable clients, with the reasons. */
  final List<String> absent = new ArrayList<>();

  /**
   * @param group several Redis servers in place of one; they end with the stage
   * @param eventSources whether to start clients of other projects: npm's and Chromium
   */
  Stage(
      long seed,
      int nodeCount,
      boolean curl,
      boolean eventSources,
      @Nullable RedisGroup group,
      Path folder) {
    this.seed = seed;
    this.folder = folder;
    this.group = group;
    redis = group == null ? new RedisServer(folder) : group.servers.get(0);
    for (int i = 0; i < nodeCount; i++) {
      nodes.add(new NodeProcess(i, folder, redisUri(), i == 0 ? LARGE_LOG : SMALL_LOG));
    }
    nodes.forEach(NodeProcess::awaitServing);
    for (NodeProcess node : nodes) {
      toPublish.add(FaultProxy.to(node.port()));
    }
    client("java-1", Set.of("a", "b", "c"), false);
    client("java-2", Set.of("a"), false);
    client("java-3", Set.of("b", "c"), false);
    client("java-4", Set.of("c", "a"), false);
    client("curl-1", Set.of("a", "b", "c"), curl);
    client("curl-2", Set.of("b"), curl);
    if (eventSources) {
      eventSources(folder);
    }
    for (int i = 0; i < CHANNELS.size() * PUBLISHERS_A_CHANNEL; i++) {
      String channel = CHANNELS.get(i % CHANNELS.size());
      publishers.add(new Publisher(channel, ports(toPublish), ledger, clock, seed * 100 + i));
    }
  }

  private URI redisUri() {
    if (group != null) {
      return group.uri();
    }
    FaultProxy proxy = FaultProxy.to(redis.port());
    toRedis.add(proxy);
    return URI.create("redis://127.0.0.1:" + proxy.port());
  }

  private void client(String name, Set<String> channels, boolean curl) {
    List<FaultProxy> proxies = nodes.stream().map(node -> FaultProxy.to(node.port())).toList();
    toEvents.add(proxies);
    long random = seed * 1000 + clients.size();
    Client client =
        curl
            ? new CurlClient(name, channels, ports(proxies), random, clock)
            : new JavaClient(name, channels, ports(proxies), random, clock);
    clients.add(client.start());
  }

  private void eventSources(Path folder) {
    List<Integer> ports = nodes.stream().map(NodeProcess::port).toList();
    FaultProxy toNpm = FaultProxy.toAny(ports, seed);
    FaultProxy toChromium = FaultProxy.toAny(ports, seed + 1);
    toEvents.add(List.of(toNpm));
    toEvents.add(List.of(toChromium));
    try {
      clients.add(EventSourceClient.npm(Set.of("a", "b", "c"), toNpm, clock, folder).start());
    } catch (IOException | UncheckedIOException e) {
      absent.add("npm eventsource: " + e.getMessage());
    }
    String chromium =
        Programs.find("chromium", "chromium-browser", "google-chrome")
            .map(Path::toString)
            .orElse(null);
    if (chromium == null) {
      absent.add("chromium: none is installed");
    } else {
      Set<String> channels = Set.of("a", "b", "c");
      clients.add(
          EventSourceClient.chromium(chromium, channels, toChromium, clock, folder).start());
    }
  }

  private static List<Integer> ports(List<FaultProxy> proxies) {
    return proxies.stream().map(FaultProxy::port).toList();
  }

  /** Starts a new client, without proxies, which leaves when the next such client comes. */
  void visit() {
    endVisit();
    List<Integer> ports = nodes.stream().map(NodeProcess::port).toList();
    String name = "visitor-" + (visitors.size() + 1);
    long random = seed * 10_000 + visitors.size();
    visitors.add(new JavaClient(name, Set.copyOf(CHANNELS), ports, random, clock).start());
  }

  private void endVisit() {
    if (!visitors.isEmpty()) {
      Client last = visitors.get(visitors.size() - 1);
      last.trace().cutShort();
      last.close();
    }
  }

  void setHeavy(boolean heavy) {
    publishers.forEach(p -> p.setHeavy(heavy));
  }

  void setPublishing(boolean publishing) {
    publishers.forEach(p -> p.setPaused(!publishing));
  }

  UnreadReplays unreadReplays() {
    return new UnreadReplays(nodes.stream().map(NodeProcess::port).toList(), ledger.acknowledged());
  }

  /** Gives Redis back the data that it had before the pause. */
  void rollBack(long pause) {
    LiveRedis.rollBack(redis, RedisGroup.folder(folder, "copy" + extras++), pause);
  }

  /** Runs another application on the Redis for a while. */
  void neighbour() {
    String wrong = new Neighbour(folder, redis.port(), clock).live();
    if (!wrong.isEmpty()) {
      complaints.add(wrong);
    }
  }

  /** The traces of all clients, including visitors. */
  List<Trace> traces() {
    List<Trace> traces = new ArrayList<>();
    clients.forEach(c -> traces.add(c.trace()));
    visitors.forEach(c -> traces.add(c.trace()));
    return traces;
  }

  /**
   * The time at which all clients had received, of each of their channels, some event that was
   * first sent at the given time or later; -1 if they have not yet.
   */
  long recoveredAt(long time) {
    List<Published> since = ledger.since(time);
    long latest = -1;
    for (String channel : CHANNELS) {
      long earliest =
          since.stream()
              .filter(p -> p.channel().equals(channel))
              .mapToLong(this::receivedByAllAt)
              .filter(at -> at >= 0)
              .min()
              .orElse(-1);
      if (earliest < 0) {
        return -1;
      }
      latest = Math.max(latest, earliest);
    }
    return latest;
  }

  private long receivedByAllAt(Published event) {
    long latest = event.acknowledgedAt();
    for (Client client : clients) {
      if (client.trace().channels().contains(event.channel())) {
        long at = client.trace().seenAt(event.number());
        if (at < 0) {
          return -1;
        }
        latest = Math.max(latest, at);
      }
    }
    return latest;
  }

  /**
   * Stops the publishers, and gives clients the time that they need for the last events, up to a
   * bound.
   */
  void settle(long millis) {
    publishers.forEach(p -> p.stop(millis));
    endVisit();
    List<Published> all = ledger.acknowledged();
    List<Published> tail = all.subList(Math.max(0, all.size() - 50), all.size());
    boolean unused =
        Threads.await(millis, () -> tail.stream().allMatch(p -> receivedByAllAt(p) >= 0));
  }

  /** The ids of the events that Redis still has, of all channels. */
  Set<Position> kept() {
    Set<Position> kept = new HashSet<>();
    RedisServer leader = group == null ? redis : group.servers.get(group.leader());
    leader.run(
        jedis -> {
          for (String channel : CHANNELS) {
            for (StreamEntry entry : jedis.xrange("{sse}:stream:" + channel, "-", "+")) {
              StreamEntryID id = entry.getID();
              kept.add(new Position(id.getTime(), Math.toIntExact(id.getSequence())));
            }
          }
        });
    return kept;
  }

  @Override
  public void close() {
    publishers.forEach(p -> p.stop(0));
    clients.forEach(Client::close);
    visitors.forEach(Client::close);
    nodes.forEach(NodeProcess::kill);
    redis.close();
    if (group != null) {
      group.close();
    }
    toEvents.forEach(proxies -> proxies.forEach(FaultProxy::close));
    toPublish.forEach(FaultProxy::close);
    toRedis.forEach(FaultProxy::close);
  }
}
