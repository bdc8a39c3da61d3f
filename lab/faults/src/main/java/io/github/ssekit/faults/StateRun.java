package io.github.ssekit.faults;

import io.github.ssekit.faults.KeyFacts.Entry;
import io.github.ssekit.hub.Position;
import io.github.ssekit.redis.StateChannels;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.StreamEntryID;
import redis.clients.jedis.resps.StreamEntry;

/**
 * A few state channels of their own, two publishers on two nodes, each with keys of its own, and
 * clients: some stay all along, some come and go, and some come new.
 */
final class StateRun implements AutoCloseable {
  private static final int CHANNELS = 3;
  private static final int KEYS_OF_ONE = 6;

  final Map<String, KeyFacts> facts = new TreeMap<>();
  private final PlainStage stage;
  private final Random random;
  private final int victim;
  private final List<String> channels = new ArrayList<>();
  private final List<StateClient> early = new ArrayList<>();
  private final List<StateClient> late = new ArrayList<>();
  private final List<Thread> publishers = new ArrayList<>();
  private volatile boolean isOver;

  StateRun(int number, PlainStage stage, int victim, Random random) {
    this.stage = stage;
    this.victim = victim;
    this.random = new Random(random.nextLong());
    for (int i = 1; i <= CHANNELS; i++) {
      channels.add(number + "." + i);
      for (String who : List.of("a", "b")) {
        for (int k = 1; k <= KEYS_OF_ONE; k++) {
          facts.put(key(channels.get(i - 1), who, k), new KeyFacts());
        }
      }
    }
  }

  private static String key(String channel, String who, int number) {
    return channel + '/' + who + number;
  }

  /** Starts the clients that stay all along, one on each node, and two clients that come and go. */
  void comeEarly() {
    for (int i = 0; i < stage.nodes.size(); i++) {
      early.add(client("connected-" + (i + 1), i, false));
    }
    for (int i = 1; i <= 2; i++) {
      early.add(client("going-" + i, random.nextInt(stage.nodes.size()), true));
    }
  }

  boolean areEarlyOpen() {
    return early.stream().allMatch(StateClient::isOpen);
  }

  /** Starts a new client on each node. */
  void comeNew(String name) {
    for (int i = 0; i < stage.nodes.size(); i++) {
      late.add(client(name + "-" + (i + 1), i, false));
    }
  }

  private StateClient client(String name, int node, boolean goes) {
    Set<String> some = new TreeSet<>();
    for (String channel : channels) {
      if (random.nextInt(3) > 0) {
        some.add(StateServlet.channel(channel));
      }
    }
    some.add(StateServlet.channel(channels.get(0)));
    return new StateClient(name, some, node, goes, stage.ports(), random);
  }

  /** Starts both publishers, which publish until {@link #finish}. */
  void start(boolean victimPublishes) {
    int nodes = stage.nodes.size();
    int first = (victim + 1) % nodes;
    int second = victimPublishes ? victim : (victim + 2) % nodes;
    publishers.add(Threads.daemon("a", publisher("a", first)));
    publishers.add(Threads.daemon("b", publisher("b", second)));
  }

  private Runnable publisher(String who, int node) {
    Random own = new Random(random.nextLong());
    return () -> {
      for (int i = 1; !isOver; i++) {
        String channel = channels.get(own.nextInt(CHANNELS));
        String key = key(channel, who, 1 + own.nextInt(KEYS_OF_ONE));
        String value = own.nextInt(4) == 0 ? "" : "" + i;
        boolean confirmed = publish(key, value, stage.ports().get(node));
        // A user tries again, or publishes a newer value.
        while (!confirmed && !isOver && own.nextInt(4) > 0) {
          Threads.pause(own.nextInt(100));
          confirmed = publish(key, value, stage.ports().get(own.nextInt(stage.nodes.size())));
        }
        Threads.pause(own.nextInt(4));
      }
    };
  }

  /** Publishes a value; returns whether it was confirmed. */
  private boolean publish(String key, String value, int port) {
    KeyFacts known = Objects.requireNonNull(facts.get(key));
    known.sent(value);
    try {
      String reply =
          Http.state(port, StateJudge.channel(key), key, value.isEmpty() ? "" : key + '=' + value);
      Position id = Position.parse(reply);
      if (id != null) {
        known.confirmed(value, id);
      } else if (reply.equals(StateServlet.NONE)) {
        known.absent();
      } else {
        throw new IllegalStateException("a node replied " + reply);
      }
      return true;
    } catch (IOException e) {
      known.unconfirmed(value);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return false;
  }

  /** Ends publishing, and makes clients that come and go stay at their next coming. */
  void finish() {
    isOver = true;
    early.forEach(StateClient::stay);
  }

  boolean isQuiet() {
    return publishers.stream().noneMatch(Thread::isAlive);
  }

  /** Whether all clients have the map that Redis has. */
  boolean isSettled() {
    Map<String, Entry> newest = newest();
    return Stream.concat(early.stream(), late.stream())
        .allMatch(client -> client.map().equals(StateJudge.map(newest, client.channels())));
  }

  List<String> judge(boolean nodesHear) {
    List<StateClient.View> views = new ArrayList<>();
    early.forEach(client -> views.add(client.view(true)));
    late.forEach(client -> views.add(client.view(false)));
    return StateJudge.judge(facts, newest(), views, nodesHear);
  }

  /** The newest events in Redis, by key. */
  private Map<String, Entry> newest() {
    return stage.ask(
        jedis -> {
          Map<String, Entry> all = new TreeMap<>();
          channels.forEach(channel -> all.putAll(newest(jedis, channel)));
          return all;
        });
  }

  private static Map<String, Entry> newest(Jedis jedis, String channel) {
    Map<String, Entry> all = new TreeMap<>();
    String stream = "{sse}:stream:" + StateServlet.channel(channel);
    for (StreamEntry entry : jedis.xrange(stream, (StreamEntryID) null, null)) {
      Map<String, String> fields = entry.getFields();
      String data = Objects.requireNonNull(fields.get("d"));
      boolean isRemoval = StateChannels.REMOVED_TYPE.equals(fields.get("t"));
      String key = isRemoval ? data : data.substring(0, data.indexOf('='));
      Position id = Position.parse(entry.getID().toString());
      if (id == null
          || all.put(key, new Entry(isRemoval ? "" : data.substring(key.length() + 1), id))
              != null) {
        throw new IllegalStateException(stream + " has " + entry + ", and that key before it");
      }
    }
    return all;
  }

  int confirmed() {
    return facts.values().stream().mapToInt(known -> known.stored().size()).sum();
  }

  int unconfirmed() {
    return facts.values().stream().mapToInt(KeyFacts::unconfirmed).sum();
  }

  @Override
  public void close() {
    early.forEach(StateClient::close);
    late.forEach(StateClient::close);
  }
}
