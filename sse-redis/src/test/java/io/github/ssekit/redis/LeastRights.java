package io.github.ssekit.redis;

import static io.github.ssekit.redis.RedisTest.soon;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.ssekit.event.SseEvent;
import io.github.ssekit.hub.ConnectionOptions;
import io.github.ssekit.hub.Hub;
import io.github.ssekit.hub.RecordingTransport;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.awaitility.core.ThrowingRunnable;
import redis.clients.jedis.Jedis;

/** The rights of a node, as docs/delivery.md lists them, and two nodes that use every right. */
final class LeastRights {
  private static final Pattern COMMAND_STATISTIC = Pattern.compile("(?m)^cmdstat_([^:]+):");
  private static final String LIST = "{\"count\":%d,\"here\":[%s]}";

  private LeastRights() {}

  /** The rights of a node with channels of all kinds. */
  static String[] ofNode() {
    return Stream.of("ACL SETUSER sse (on >[^`]+)\n```", "State channels need `([^`]+)` besides")
        .flatMap(LeastRights::find)
        .toArray(String[]::new);
  }

  /** The rights of the login to Sentinels. */
  static String ofSentinelLogin() {
    return find("the Sentinels' login needs `([^`]+)`").collect(Collectors.joining(" "));
  }

  /** The rights of a program that only runs the publish script. */
  static String[] ofPublisher() {
    return Stream.concat(
            Stream.of("on", ">password"), find("only publishes, by [^`]* needs `([^`]+)`"))
        .toArray(String[]::new);
  }

  /** The additional rights of a node in a cluster. */
  static String[] ofCluster() {
    return find("in a cluster add `([^`]+)`").toArray(String[]::new);
  }

  private static Stream<String> find(String pattern) {
    try {
      Matcher rights =
          Pattern.compile(pattern).matcher(Files.readString(Path.of("../docs/delivery.md")));
      assertTrue(rights.find(), pattern);
      return Stream.of(rights.group(1).strip().split("\\s+"));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The allowed commands that no server has run yet. Redis counts INFO without its sections. */
  static Set<String> unused(String[] rights, List<Jedis> servers) {
    Set<String> unused = new TreeSet<>();
    Stream.of(rights)
        .filter(right -> right.startsWith("+"))
        .map(right -> right.substring(1).replace("info|server", "info"))
        .forEach(unused::add);
    for (Jedis server : servers) {
      COMMAND_STATISTIC
          .matcher(server.info("commandstats"))
          .results()
          .map(found -> found.group(1))
          .forEach(unused::remove);
    }
    return unused;
  }

  /**
   * Makes two nodes use every feature of a bridge, each with the results of the other.
   *
   * @param proof an assertion that holds once the nodes have done so
   */
  static void exercise(URI uri, ThrowingRunnable proof) {
    try (Hub hub = hub();
        Hub there = hub();
        RedisBridge bridge = connect(hub, uri);
        RedisBridge other = connect(there, uri)) {
      publish(bridge, hub, there);
      answer(bridge.answers(), hub, other.answers(), there);
      state(bridge.states(), hub, there);
      join(bridge.presence(), hub, other.presence(), there);
      soon().untilAsserted(proof);
    }
  }

  private static Hub hub() {
    return Hub.builder().linger(Duration.ofMillis(100)).create();
  }

  private static RedisBridge connect(Hub hub, URI uri) {
    return RedisBridge.builder(hub, uri)
        .history(channel -> channel.startsWith("room:"))
        .answers()
        .states(channel -> channel.equals("prices"))
        .presence(channel -> channel.startsWith("here:"))
        .presenceTimes(Duration.ofMillis(100), Presence.LIFETIME)
        .silence(Duration.ofMillis(900))
        .connect();
  }

  private static RecordingTransport listen(Hub hub, String... channels) {
    RecordingTransport listener = new RecordingTransport();
    hub.connect(listener, List.of(channels), null);
    return listener;
  }

  private static void awaitEvents(RecordingTransport listener, String... events) {
    soon().until(() -> listener.published().size() >= events.length);
    assertEquals(List.of(events), listener.published());
    assertEquals(List.of(), listener.resets());
  }

  private static void publish(RedisBridge bridge, Hub hub, Hub there) {
    RecordingTransport listener = new RecordingTransport();
    // The node subscribes in this order, so the first ID proves both subscriptions.
    hub.connect(listener, ConnectionOptions.of("chat", "room:1").withOwner("Ann"));
    soon().until(() -> listener.lastEventId() != null);
    String first = bridge.publish("room:1", SseEvent.of("0"), "token").toString();
    bridge.publish("room:1", SseEvent.of("1"));
    bridge.publish("chat", SseEvent.of("plain"));
    soon().until(() -> listener.published().size() == 3);
    assertEquals(first, bridge.publish("room:1", SseEvent.of("0"), "token").toString());
    assertEquals(2, bridge.recent("room:1", 5).events().size());
    RecordingTransport back = new RecordingTransport();
    there.connect(back, List.of("room:1"), first);
    awaitEvents(back, "1");
    bridge.closeAll("Ann");
    soon().until(listener::closed);
    // On a busy machine, a reply may take longer than the second that closeAll waits for it.
    soon().until(() -> bridge.closeAll("Ann").equals(new NodeReplies(2, 2, 0)));
  }

  private static void answer(AnswerStreams answers, Hub hub, AnswerStreams other, Hub there) {
    RecordingTransport early = listen(there, "answer:x");
    AnswerProducer producer = answers.start("x", AnswerOptions.DEFAULT);
    producer.send(SseEvent.of("0"));
    awaitEvents(early, "0");
    String ending = producer.end(SseEvent.of("end")).toString();
    RecordingTransport late = new RecordingTransport();
    hub.connect(late, answers.follow("x", null).orElseThrow());
    for (RecordingTransport viewer : List.of(early, late)) {
      awaitEvents(viewer, "0", "end");
      soon().until(viewer::closed);
    }
    assertTrue(answers.follow("x", ending).isEmpty());
    assertEquals(
        AnswerState.DONE,
        assertThrows(AnswerRefusedException.class, () -> other.start("x", AnswerOptions.DEFAULT))
            .state());

    AnswerProducer stopped = answers.start("y", AnswerOptions.DEFAULT);
    assertTrue(other.stop("y"));
    soon().until(() -> stopped.state() == AnswerState.CANCELLED);
    assertEquals(AnswerState.CANCELLED, other.state("y"));
    assertEquals(AnswerState.NONE, other.state("z"));
  }

  private static void state(StateChannels states, Hub hub, Hub there) {
    RecordingTransport early = listen(there, "prices");
    soon().until(() -> early.lastEventId() != null);
    for (String event : List.of("a 0", "b 1", "a 2")) {
      states.publish("prices", event.substring(0, 1), SseEvent.of(event));
    }
    states.remove("prices", "b");
    awaitEvents(early, "a 0", "b 1", "a 2", "b");
    awaitEvents(listen(hub, "prices"), "a 2", "b");
  }

  private static void join(Presence presence, Hub hub, Presence other, Hub there) {
    RecordingTransport listener = new RecordingTransport();
    presence.join("here:1", "Ann", hub.connect(listener, List.of("here:1"), null));
    Runnable leave = other.join("here:1", "Bob");
    soon().until(() -> listener.published().contains(LIST.formatted(2, "\"Ann\",\"Bob\"")));
    assertEquals(List.of("Ann", "Bob"), other.here("here:1"));
    leave.run();
    soon().until(() -> listener.published().contains(LIST.formatted(1, "\"Ann\"")));
    RecordingTransport newcomer = listen(there, "here:1");
    soon().until(() -> newcomer.published().contains(LIST.formatted(1, "\"Ann\"")));
  }
}
