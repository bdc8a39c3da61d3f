package io.github.ssekit.redis;

import static java.lang.System.Logger.Level.DEBUG;
import static java.lang.System.Logger.Level.WARNING;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.github.ssekit.hub.Hub;
import io.github.ssekit.hub.Position;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Sends directives to all nodes of a scope, and carries out the directives that this node gets.
 *
 * <p>A directive is a message on the control channel, to which each node replies there. A directive
 * that changes connections is first stored in a stream. Whenever a node hears its own probe, it
 * reads from the stream the directives that it has missed, for whatever reason. Where no channel
 * has history, the Redis user of a bridge may have no right to a key: then nothing is stored.
 *
 * <p>Thread-safe. Directives take a while, and run on a thread of their own.
 */
final class Directives {
  /**
   * How long Redis keeps directives, approximately; {@code MAX_KEPT} limits their number, also
   * approximately.
   */
  static final Duration KEPT = Duration.ofHours(24);

  private static final String MAX_KEPT = "10000";
  private static final String READ_AT_ONCE = "1000";
  private static final System.Logger LOG = System.getLogger(Directives.class.getName());
  static final Duration REPLIES = Duration.ofSeconds(1);

  /**
   * After Redis has lost data, new ids of the stream may be lower than earlier ids, by this much.
   */
  private static final long OVERLAP_MILLIS = 10_000;

  /** More than Redis keeps: it trims whole blocks. */
  private static final int DONE_REMEMBERED = 20_000;

  private final Hub hub;
  private final CommandPool commands;
  private final Scope scope;
  private final boolean keeps;
  private final Duration replyTime;
  private final AwaitedReplies replies = new AwaitedReplies();
  private final Survival survival = new Survival(LOG);
  private final long born = System.nanoTime();
  private final Executor executor = BackgroundThread.named("sse-redis-directives");

  /**
   * Whether a read of stored directives is queued: probes that are heard before it begins need no
   * other read.
   */
  private final AtomicBoolean willRead = new AtomicBoolean();

  // Guarded by this.

  /** The number of connections that each of the newest directives found on this node, by nonce. */
  private final Map<String, Long> done =
      new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Long> eldest) {
          return size() > DONE_REMEMBERED;
        }
      };

  /**
   * The id of the newest directive that was read from the stream; null before the first complete
   * read.
   */
  private @Nullable Position read;

  /**
   * @param keeps whether directives are stored
   * @param replyTime how long to wait for replies
   */
  Directives(Hub hub, CommandPool commands, Scope scope, boolean keeps, Duration replyTime) {
    this.hub = hub;
    this.commands = commands;
    this.scope = scope;
    this.keeps = keeps;
    this.replyTime = replyTime;
  }

  // On any thread.

  /**
   * Reads the stored directives, before this node has connections. Later reads continue after them.
   */
  void begin() {
    if (keeps) {
      orLater(this::readMissed);
    }
  }

  /**
   * Sends a directive to all nodes, and waits for their replies, a second at most.
   *
   * @throws RedisFailure if the directive was not published; nodes may carry it out all the same
   */
  NodeReplies tell(Directive directive) {
    replies.expect(directive.nonce());
    try {
      if (keeps && directive.isKept()) {
        commands.execute(connection -> keep(connection, directive));
      }
      long nodes = publish("directive " + directive);
      return replies.await(directive.nonce(), (int) nodes, replyTime.toNanos());
    } finally {
      replies.forget(directive.nonce());
    }
  }

  private Object keep(RedisConnection connection, Directive directive) {
    Position id =
        HistoryScripts.position(
            onStream(connection, "XADD", "MAXLEN", "~", MAX_KEPT, "*", "d", directive.toString()));
    String oldest = "" + Math.max(0, id.milliseconds() - KEPT.toMillis());
    connection.call("XTRIM", args("MINID", "~", oldest));
    return connection.call("PEXPIRE", args("" + KEPT.toMillis()));
  }

  /** Runs a command on the stream. A key of the wrong type is deleted first. */
  private Object onStream(RedisConnection connection, String command, String... others) {
    try {
      return connection.call(command, args(others));
    } catch (RedisFailure.Refused e) {
      if (!e.is("WRONGTYPE")) {
        throw e;
      }
      LOG.log(WARNING, "The key of directives has the wrong type and is deleted");
      Object unused = connection.call("PEXPIRE", args("0"));
      return connection.call(command, args(others));
    }
  }

  /** The arguments of a command on the stream. */
  private List<byte[]> args(String... others) {
    List<byte[]> args = HistoryScripts.args(others);
    args.add(0, scope.directives());
    return args;
  }

  private long publish(String message) {
    return commands.publishToScope(scope.control(), message.getBytes(UTF_8)).value();
  }

  /** Takes a directive, or a reply to a directive, from the control channel. */
  void heard(ControlMessage message) {
    if (message.word().equals("reply")) {
      String[] words = message.text().split(" ", 2);
      if (words.length == 2 && words[1].matches("\\d{1,9}")) {
        replies.add(words[0], Long.parseLong(words[1]));
      }
    } else {
      Directive directive = Directive.parse(message.text());
      if (directive != null) {
        execute(() -> publish("reply " + directive.nonce() + " " + carryOut(directive)));
      }
    }
  }

  /**
   * This node has heard its own probe: queues a read of the directives that it has missed, which
   * are stored by now.
   */
  void probeHeard() {
    if (keeps && !willRead.getAndSet(true)) {
      try {
        execute(
            () -> {
              willRead.set(false);
              readMissed();
            });
      } catch (Throwable e) {
        // No thread could be started: the next probe tries again.
        willRead.set(false);
        throw e;
      }
    }
  }

  private void execute(Runnable task) {
    executor.execute(() -> survival.run(() -> orLater(task)));
  }

  private static void orLater(Runnable task) {
    try {
      task.run();
    } catch (RedisFailure e) {
      LOG.log(DEBUG, "Directives are read later: {0}", Diagnosis.of(e));
    }
  }

  // On the directives thread, except for the first read.

  /**
   * Counts are not remembered: each count arrives only once, and would push out kept directives.
   */
  private synchronized long carryOut(Directive directive) {
    return directive.isKept()
        ? done.computeIfAbsent(directive.nonce(), nonce -> connections(directive))
        : connections(directive);
  }

  private long connections(Directive directive) {
    return switch (directive.verb()) {
      case CLOSE -> hub.closeAll(directive.owner());
      case UNSUBSCRIBE -> hub.unsubscribe(directive.owner(), directive.channel());
      case COUNT -> hub.connectionCount(directive.channel());
    };
  }

  private synchronized void readMissed() {
    Position last = read;
    long since = 0;
    String from = "-";
    if (last == null) {
      since = birth();
      last = new Position(since, 0);
    } else {
      from = "" + Math.max(0, last.milliseconds() - OVERLAP_MILLIS);
    }
    for (List<?> entries = entries(from); !entries.isEmpty(); entries = entries("(" + last)) {
      for (Object entry : entries) {
        last = HistoryScripts.position(((List<?>) entry).get(0));
        List<?> fields = (List<?>) ((List<?>) entry).get(1);
        Directive directive = Directive.parse(Entry.text(fields.get(1)));
        if (directive != null && last.milliseconds() < since) {
          done.putIfAbsent(directive.nonce(), 0L);
        } else if (directive != null) {
          long unused = carryOut(directive);
        }
      }
    }
    read = last;
  }

  /**
   * The time at which this object was made, by Redis' clock, or a little earlier, in milliseconds.
   */
  private long birth() {
    List<?> time = (List<?>) commands.execute(connection -> connection.call("TIME")).value();
    long age = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - born);
    long now =
        TimeUnit.SECONDS.toMillis(Long.parseLong(Entry.text(time.get(0))))
            + TimeUnit.MICROSECONDS.toMillis(Long.parseLong(Entry.text(time.get(1))));
    return Math.max(0, now - age);
  }

  private List<?> entries(String from) {
    return (List<?>)
        commands.execute(c -> onStream(c, "XRANGE", from, "+", "COUNT", READ_AT_ONCE)).value();
  }
}
