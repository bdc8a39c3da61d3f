package io.github.ssekit.hub;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Random steps, by seed, on a hub with two hand-driven loops, against a model that knows for each
 * connection which events it must get. More seeds: {@code -Dssekit.model.seeds=20000}.
 */
class HubModelTest {
  private static final int STEPS = 500;
  private static final int LOG_EVENTS = 6;
  private static final List<String> CHANNELS = List.of("a", "b", "c");

  /** An event as delivered: its place in the hub's order is its number. */
  private record Delivered(int number, String channel) {}

  /** A client's subscription to a channel: to the events in [from, to). */
  private record Listened(String channel, int from, int to) {}

  private static final class Client {
    final RecordingTransport transport;
    final Connection connection;
    final Map<String, Integer> since = new HashMap<>();
    final List<Listened> past = new ArrayList<>();
    boolean ended;

    Client(RecordingTransport transport, Connection connection) {
      this.transport = transport;
      this.connection = connection;
    }
  }

  private final List<Delivered> delivered = new ArrayList<>();
  private final List<Client> clients = new ArrayList<>();

  @Test
  void everyClientGetsItsEventsInOrderOrAResetForTheGap() {
    int seeds = Integer.getInteger("ssekit.model.seeds", 200);
    int resets = 0;
    for (int seed = 0; seed < seeds; seed++) {
      delivered.clear();
      clients.clear();
      resets += run(seed);
    }
    assertTrue(resets > seeds / 10, "the runs reach overruns: " + resets);
  }

  private int run(int seed) {
    Random random = new Random(seed);
    ManualHub hub =
        new ManualHub(b -> b.loops(2).maxChannelLog(LOG_EVENTS, 1 << 20).maxBatchBytes(60));
    for (int step = 0; step < STEPS; step++) {
      step(hub, random);
    }
    for (Client c : clients) {
      c.transport.ready(true);
    }
    hub.settle();
    int resets = 0;
    for (int i = 0; i < clients.size(); i++) {
      resets += check(clients.get(i), "seed " + seed + ", client " + i);
    }
    long open = clients.stream().filter(c -> !c.ended).count();
    assertEquals(open, hub.hub.connectionCount(), "seed " + seed);
    return resets;
  }

  private void step(ManualHub hub, Random random) {
    String channel = CHANNELS.get(random.nextInt(CHANNELS.size()));
    int now = delivered.size();
    int what = random.nextInt(100);
    if (what < 25) {
      publish(hub, channel);
    } else if (what < 35) {
      String other = CHANNELS.get(random.nextInt(CHANNELS.size()));
      hub.duringNextTurn(
          () -> {
            publish(hub, channel);
            publish(hub, other);
          });
    } else if (what < 65) {
      hub.turn(random.nextInt(2));
    } else if (what < 67) {
      hub.runCallbacks();
    } else if (what < 72 && clients.size() < 12) {
      connect(hub, random, channel);
    } else if (!clients.isEmpty()) {
      Client c = clients.get(random.nextInt(clients.size()));
      if (!c.ended) {
        change(c, what, channel, now);
      }
    }
  }

  private void publish(ManualHub hub, String channel) {
    hub.publish(channel, Integer.toString(delivered.size()));
    delivered.add(new Delivered(delivered.size(), channel));
  }

  private void connect(ManualHub hub, Random random, String channel) {
    RecordingTransport transport =
        random.nextBoolean() ? new RecordingTransport() : RecordingTransport.notReady();
    Client client = new Client(transport, hub.hub.connect(transport, List.of(channel), null));
    client.since.put(channel, delivered.size());
    clients.add(client);
  }

  private static void change(Client c, int what, String channel, int now) {
    if (what < 80) {
      c.transport.ready(false);
    } else if (what < 88) {
      c.transport.ready(true);
    } else if (what < 93) {
      c.connection.subscribe(channel);
      c.since.putIfAbsent(channel, now);
    } else if (what < 97) {
      c.connection.unsubscribe(channel);
      Integer from = c.since.remove(channel);
      if (from != null) {
        c.past.add(new Listened(channel, from, now));
      }
    } else if (what == 97) {
      c.transport.signals().failed(new IOException("gone"));
      end(c);
    } else if (what == 98) {
      c.connection.close();
      end(c);
    }
  }

  /** From now on the client may get further events, in order, but need not. */
  private static void end(Client c) {
    c.ended = true;
    c.since.forEach((channel, from) -> c.past.add(new Listened(channel, from, Integer.MAX_VALUE)));
    c.since.clear();
  }

  /** Checks one client's stream against the model. Returns the number of its resets. */
  private int check(Client c, String who) {
    assertEquals(List.of(), c.transport.breaches(), who);
    Map<String, Integer> last = new HashMap<>();
    Map<String, Boolean> reset = new HashMap<>();
    int highest = -1;
    int resets = 0;
    for (String data : c.transport.data()) {
      if (data.startsWith("{")) {
        reset.put(data.substring(12, 13), true);
        resets++;
        continue;
      }
      int number = Integer.parseInt(data);
      Delivered event = delivered.get(number);
      String channel = event.channel();
      assertTrue(number > highest, who + ": " + number + " comes after " + highest);
      highest = number;
      Listened listened = listened(c, channel, number);
      if (listened == null) {
        throw new AssertionError(who + " gets " + number + " without a subscription");
      }
      int from = Math.max(listened.from(), last.getOrDefault(channel, -1) + 1);
      int missed = due(channel, from, number);
      boolean told = reset.remove(channel) != null;
      // Without a reset there is no gap.
      assertTrue(missed == 0 || told, who + " misses " + missed + " before " + number);
      if (told && last.getOrDefault(channel, -1) >= listened.from()) {
        assertTrue(missed > LOG_EVENTS, who + " is reset though the log has the " + missed);
      }
      last.put(channel, number);
    }
    if (!c.ended) {
      c.since.forEach(
          (channel, from) -> {
            int missed =
                due(channel, Math.max(from, last.getOrDefault(channel, -1) + 1), delivered.size());
            assertTrue(
                missed == 0 || (reset.containsKey(channel) && missed > LOG_EVENTS),
                who + " misses the last " + missed + " of " + channel);
          });
    }
    return resets;
  }

  private @Nullable Listened listened(Client c, String channel, int number) {
    Integer from = c.since.get(channel);
    if (from != null && number >= from) {
      return new Listened(channel, from, Integer.MAX_VALUE);
    }
    for (Listened l : c.past) {
      if (l.channel().equals(channel) && number >= l.from() && number < l.to()) {
        return l;
      }
    }
    return null;
  }

  /** The number of events of the channel in [from, to). */
  private int due(String channel, int from, int to) {
    int count = 0;
    for (int i = from; i < to; i++) {
      if (delivered.get(i).channel().equals(channel)) {
        count++;
      }
    }
    return count;
  }
}
