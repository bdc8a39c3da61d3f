package io.github.ssekit.faults;

import io.github.ssekit.faults.FaultProxy.Mode;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.args.ClientType;
import redis.clients.jedis.params.ClientKillParams;

/** Faults of the lab. Each returns when the broken part can work again. */
enum Fault {
  /** A client's connection is reset. */
  CLIENT_RESET(false, (stage, step) -> step.of(stage.toEvents).forEach(FaultProxy::resetAll)),

  /** A client's connection ends in the middle of an event. */
  CLIENT_CUT(
      false,
      (stage, step) -> {
        step.of(stage.toEvents).forEach(p -> p.cutAll(step.coin()));
        Threads.pause(step.millis());
      }),

  /** A client hears nothing though its connection still stands; then the client connects again. */
  CLIENT_SWALLOW(false, (stage, step) -> during(step, step.of(stage.toEvents), Mode.SWALLOW)),

  /** A client's network delivers late. */
  CLIENT_PAUSE(false, (stage, step) -> during(step, step.of(stage.toEvents), Mode.PAUSE)),

  /** A client stops reading while many large events come. */
  CLIENT_UNREAD(
      false,
      (stage, step) -> {
        Client client = step.of(stage.clients);
        stage.setHeavy(true);
        client.setReading(false);
        Threads.pause(step.millis());
        client.setReading(true);
        stage.setHeavy(false);
      }),

  /** Many connections ask for replays, and never read them. */
  REPLAYS_UNREAD(
      false,
      (stage, step) -> {
        stage.setHeavy(true);
        try (UnreadReplays unread = stage.unreadReplays()) {
          unread.hold(step.millis());
        }
        stage.setHeavy(false);
      }),

  /** All clients lose their connections together. */
  CLIENTS_RESET(
      false, (stage, step) -> stage.toEvents.forEach(c -> c.forEach(FaultProxy::resetAll))),

  /** Half of the clients are away. */
  CLIENTS_AWAY(false, (stage, step) -> away(stage, step, () -> {})),

  /** The publishers lose their connections, and with them acknowledgements. */
  PUBLISH_RESET(
      false,
      (stage, step) -> {
        for (long spent = 0; spent < step.millis(); spent += 100) {
          stage.toPublish.forEach(FaultProxy::resetAll);
          Threads.pause(100);
        }
      }),

  NODE_KILL(
      false,
      (stage, step) -> {
        NodeProcess node = step.of(stage.nodes);
        node.kill();
        Threads.pause(step.millis());
        node.start();
        node.awaitServing();
      }),

  /** Rolling restart: each node in turn is stopped (SIGTERM) and started again. */
  NODE_ROLLING(
      false,
      (stage, step) -> {
        for (NodeProcess node : stage.nodes) {
          node.stop();
          node.start();
          node.awaitServing();
        }
      }),

  NODE_STOP(
      false,
      (stage, step) -> {
        NodeProcess node = step.of(stage.nodes);
        node.signal("STOP");
        Threads.pause(step.millis());
        node.signal("CONT");
      }),

  REDIS_STOP(
      false,
      (stage, step) -> {
        stage.redis.pause();
        Threads.pause(step.millis());
        stage.redis.resume();
      }),

  KILL_PUBSUB(false, (stage, step) -> kill(stage, ClientType.PUBSUB)),

  KILL_NORMAL(false, (stage, step) -> kill(stage, ClientType.NORMAL)),

  /** The connections between Redis and one node, or all nodes, are half-open. */
  REDIS_SWALLOW(false, (stage, step) -> during(step, someToRedis(stage, step), Mode.SWALLOW)),

  REDIS_PAUSE(false, (stage, step) -> during(step, someToRedis(stage, step), Mode.PAUSE)),

  REDIS_RESET(false, (stage, step) -> someToRedis(stage, step).forEach(FaultProxy::resetAll)),

  /** Nodes connect again, and their subscriptions are acknowledged late. */
  REDIS_LATE(
      false,
      (stage, step) -> {
        List<FaultProxy> proxies = someToRedis(stage, step);
        proxies.forEach(p -> p.set(Mode.LATE_SUBSCRIBE));
        proxies.forEach(FaultProxy::resetAll);
        Threads.pause(step.millis());
        proxies.forEach(FaultProxy::restore);
      }),

  REDIS_CUT(
      false,
      (stage, step) -> {
        step.of(stage.toRedis).cutAll(step.coin());
        Threads.pause(step.millis());
      }),

  /** A node reads its subscription too slowly, so that Redis closes the connection. */
  OUTPUT_LIMIT(
      false,
      (stage, step) -> {
        FaultProxy proxy = step.of(stage.toRedis);
        proxy.set(Mode.PAUSE);
        stage.redis.run(Fault::overrun);
        Threads.pause(step.millis());
        proxy.restore();
      }),

  /** Redis forgets the scripts. */
  SCRIPT_FLUSH(false, (stage, step) -> stage.redis.run(jedis -> jedis.scriptFlush())),

  /** Redis serves reads and subscribers, but no writes; half of the clients come back meanwhile. */
  WRITES_REFUSED(
      false,
      (stage, step) ->
          LiveRedis.refuseWrites(
              stage.redis,
              () -> {
                away(stage, step, () -> {});
                Threads.pause(1500);
              })),

  /** The nodes' idle connections are closed; then all publishers publish at once. */
  IDLE_KILLED(
      false,
      (stage, step) -> {
        stage.setHeavy(true);
        Threads.pause(500);
        stage.setPublishing(false);
        // Nodes don't check connections that were in use within the last second.
        Threads.pause(1300);
        if (step.coin()) {
          kill(stage, ClientType.NORMAL);
          Threads.pause(100);
        } else {
          LiveRedis.closeIdle(stage.redis, () -> Threads.pause(2500));
        }
        stage.setPublishing(true);
        Threads.pause(500);
        stage.setHeavy(false);
      }),

  /** A right that a node needs is taken away, and given back. */
  RIGHT_TAKEN(false, (stage, step) -> LiveRedis.takeRight(stage.redis, step.pick(), step.millis())),

  /** Another application is on the same server, in another database. */
  SECOND_DATABASE(false, (stage, step) -> stage.neighbour()),

  REDIS_KILL_ALWAYS(
      false, (stage, step) -> stage.redis.killAndRestart(RedisServer.Memory.ALWAYS, step.millis())),

  REDIS_KILL_EVERYSEC(
      true,
      (stage, step) -> stage.redis.killAndRestart(RedisServer.Memory.EVERYSEC, step.millis())),

  /** Redis comes back with somewhat older data, while half of the clients are away. */
  REDIS_KILL_SNAPSHOT(
      true,
      (stage, step) ->
          away(stage, step, () -> stage.redis.killAndRestart(RedisServer.Memory.SNAPSHOT, 300))),

  /** Redis comes back empty, while half of the clients are away. */
  REDIS_KILL_NONE(
      true,
      (stage, step) ->
          away(stage, step, () -> stage.redis.killAndRestart(RedisServer.Memory.NONE, 300))),

  /** Redis has older data from one moment to the next, in the same process. */
  REDIS_ROLLBACK(true, (stage, step) -> away(stage, step, () -> stage.rollBack(step.millis() / 2))),

  /** Redis has older data after a {@code RESTORE}, which ends no connection. */
  REDIS_RESTORE(
      true,
      (stage, step) -> away(stage, step, () -> LiveRedis.restore(stage.redis, step.millis() / 2))),

  FLUSHALL(
      true, (stage, step) -> away(stage, step, () -> stage.redis.run(jedis -> jedis.flushAll()))),

  DEL_STREAM(
      true,
      (stage, step) -> away(stage, step, () -> stage.redis.run(jedis -> jedis.del(stream(step))))),

  TRIM_STREAM(
      true,
      (stage, step) ->
          away(
              stage,
              step,
              () -> stage.redis.run(jedis -> jedis.xtrim(stream(step), step.pick() % 3, false)))),

  CLOCK_LOST(
      true,
      (stage, step) ->
          away(stage, step, () -> stage.redis.run(jedis -> jedis.hdel(Stage.SCOPE, "clock")))),

  SCOPE_LOST(
      true,
      (stage, step) -> away(stage, step, () -> stage.redis.run(jedis -> jedis.del(Stage.SCOPE)))),

  /**
   * The primary is killed, and the Sentinel makes the replica take over; unreplicated writes are
   * lost.
   */
  FAILOVER(true, Fault::change),

  /** The slot of the scope moves to another node of the cluster. */
  SLOT_MOVE(false, Fault::change),

  /**
   * A replica in the cluster takes over from the primary of the scope, which dies or hands over.
   */
  CLUSTER_FAILOVER(
      true,
      (stage, step) ->
          ((ClusterGroup) Objects.requireNonNull(stage.group, "a cluster"))
              .promote(step.coin(), step.millis() / 2));

  /** Faults that may happen during another fault: they need no live process, and end no process. */
  static final List<Fault> NETWORK =
      List.of(
          CLIENT_RESET,
          CLIENT_CUT,
          CLIENT_SWALLOW,
          CLIENTS_RESET,
          PUBLISH_RESET,
          REDIS_SWALLOW,
          REDIS_PAUSE,
          REDIS_RESET,
          REDIS_CUT);

  private final boolean loses;

  @SuppressWarnings("ImmutableEnumChecker") // Lambdas that capture nothing.
  private final Action action;

  /** Runs a fault on a stage. */
  @FunctionalInterface
  private interface Action {
    void run(Stage stage, Step step);
  }

  Fault(boolean loses, Action action) {
    this.loses = loses;
    this.action = action;
  }

  /**
   * Whether Redis may lose acknowledged events by the fault. Only then may clients be told of
   * losses.
   */
  boolean loses() {
    return loses;
  }

  /** Whether publishing must work as soon as the fault is over, at the first try. */
  boolean publishes() {
    return this == IDLE_KILLED;
  }

  /**
   * The possible faults with several Redis servers, including the given faults, which change the
   * leader.
   */
  static List<Fault> ofGroup(Fault... changes) {
    EnumSet<Fault> faults = EnumSet.range(CLIENT_RESET, NODE_STOP);
    faults.addAll(List.of(changes));
    return List.copyOf(faults);
  }

  /** The possible faults with one Redis. */
  static List<Fault> ofOne() {
    return List.copyOf(EnumSet.complementOf(EnumSet.of(FAILOVER, SLOT_MOVE, CLUSTER_FAILOVER)));
  }

  /** The fault's long durations, each of which a long plan uses once; empty if it has none. */
  List<Integer> longSeconds() {
    return switch (this) {
      case REDIS_STOP, NODE_STOP -> List.of(5, 30, 90);
      case REDIS_SWALLOW, CLIENT_SWALLOW -> List.of(5, 30, 120);
      default -> List.of();
    };
  }

  void run(Stage stage, Step step) {
    action.run(stage, step);
  }

  /** The name on the command line and in the report. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  private static void during(Step step, List<FaultProxy> proxies, Mode mode) {
    proxies.forEach(p -> p.set(mode));
    Threads.pause(step.millis());
    proxies.forEach(FaultProxy::restore);
  }

  private static List<FaultProxy> someToRedis(Stage stage, Step step) {
    return step.coin() ? stage.toRedis : List.of(step.of(stage.toRedis));
  }

  private static void away(Stage stage, Step step, Runnable meanwhile) {
    List<FaultProxy> proxies = step.half(stage.toEvents).stream().flatMap(List::stream).toList();
    proxies.forEach(p -> p.set(Mode.REFUSE));
    proxies.forEach(FaultProxy::resetAll);
    Threads.pause(step.millis() / 2);
    meanwhile.run();
    Threads.pause(step.millis() / 2);
    proxies.forEach(FaultProxy::restore);
  }

  private static void change(Stage stage, Step step) {
    Objects.requireNonNull(stage.group, "a group of servers").change(step.millis() / 2);
  }

  private static void overrun(Jedis jedis) {
    String option = "client-output-buffer-limit";
    jedis.configSet(option, "pubsub 262144 0 0");
    String rubbish = "x".repeat(16 << 10);
    for (int i = 0; i < 400; i++) {
      jedis.publish(Stage.CONTROL, rubbish);
    }
    jedis.configSet(option, "pubsub 33554432 8388608 60");
  }

  private static void kill(Stage stage, ClientType type) {
    stage.redis.run(
        jedis ->
            jedis.clientKill(
                new ClientKillParams().type(type).skipMe(ClientKillParams.SkipMe.YES)));
  }

  private static String stream(Step step) {
    return "{sse}:stream:" + step.of(Stage.CHANNELS);
  }
}
