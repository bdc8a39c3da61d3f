package io.github.ssekit.hub;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The calls between a hub and its upstream. */
class HubUpstreamTest {
  private static final Duration LINGER = Duration.ofSeconds(5);

  private ManualHub hub = new ManualHub();

  private final List<String> upstream = new ArrayList<>();

  private Upstream recordingUpstream() {
    return new Upstream() {
      @Override
      public void channelOpened(String channel) {
        upstream.add("+" + channel);
      }

      @Override
      public void channelClosed(String channel) {
        upstream.add("-" + channel);
      }
    };
  }

  @Test
  void theUpstreamIsToldOfTheFirstSubscriberInAndOfTheLastOneOutAfterTheLinger() {
    hub.feed.attach(recordingUpstream());
    Connection one = hub.connect(new RecordingTransport(), "a");
    Connection two = hub.connect(new RecordingTransport(), "a", "b");
    assertEquals(List.of("+a", "+b"), upstream);
    one.close();
    two.unsubscribe("a");
    hub.settle();
    hub.pass(LINGER.minusNanos(1));
    assertEquals(List.of("+a", "+b"), upstream);
    hub.pass(Duration.ofNanos(1));
    assertEquals(List.of("+a", "+b", "-a"), upstream);
    two.subscribe("a");
    hub.settle();
    assertEquals(List.of("+a", "+b", "-a", "+a"), upstream);
  }

  @Test
  void aChannelThatIsWantedAgainWithinTheLingerStaysOpen() {
    hub.feed.attach(recordingUpstream());
    Connection connection = hub.connect(new RecordingTransport(), "a");
    connection.unsubscribe("a");
    hub.pass(LINGER.dividedBy(2));
    connection.subscribe("a");
    hub.pass(LINGER);
    connection.unsubscribe("a");
    hub.pass(LINGER.dividedBy(2));
    assertEquals(List.of("+a"), upstream);
    hub.pass(LINGER.dividedBy(2));
    assertEquals(List.of("+a", "-a"), upstream);
  }

  @Test
  void aSubscribeAfterTheEndOpensNoChannel() {
    hub.feed.attach(recordingUpstream());
    Connection connection = hub.connect(new RecordingTransport(), "a");
    connection.close();
    hub.settle();
    connection.subscribe("b");
    connection.subscribe("a");
    hub.pass(LINGER);
    assertEquals(List.of("+a", "-a"), upstream);
  }

  @Test
  void anUpstreamThatComesLateIsToldOfTheOpenChannels() {
    hub.connect(new RecordingTransport(), "a");
    hub.feed.attach(recordingUpstream());
    assertEquals(List.of("+a"), upstream);
    assertThrows(IllegalStateException.class, () -> hub.feed.attach(recordingUpstream()));
  }

  @Test
  void anUpstreamThatThrowsLeavesTheChannelClosed() {
    boolean[] down = {true};
    hub.feed.attach(
        new Upstream() {
          @Override
          public void channelOpened(String channel) {
            if (down[0]) {
              throw new IllegalStateException("down");
            }
            upstream.add("+" + channel);
          }

          @Override
          public void channelClosed(String channel) {
            upstream.add("-" + channel);
          }
        });
    RecordingTransport client = new RecordingTransport();
    assertThrows(IllegalStateException.class, () -> hub.connect(client, "a"));
    hub.settle();
    assertTrue(client.closed());
    down[0] = false;
    hub.connect(new RecordingTransport(), "a");
    assertEquals(List.of("+a"), upstream);
  }

  @Test
  void nobodyGetsTheFeedOnceAnUpstreamIsAttachedOrTheHubIsClosed() {
    Feed feed = hub.hub.feed();
    assertSame(feed, hub.hub.feed());
    feed.attach(recordingUpstream());
    IllegalStateException taken = assertThrows(IllegalStateException.class, hub.hub::feed);
    assertTrue(taken.getMessage().startsWith("This hub has a bridge already"), taken.getMessage());
    ManualHub closed = new ManualHub();
    closed.hub.close();
    assertThrows(IllegalStateException.class, closed.hub::feed);
    assertThrows(IllegalStateException.class, () -> closed.feed.attach(recordingUpstream()));
  }

  @Test
  void aResetReachesTheSubscribersOfItsChannelInOrder() {
    RecordingTransport client = new RecordingTransport();
    hub.connect(client, "a\"\\");
    hub.publish("a\"\\", "1");
    hub.feed.reset("a\"\\", StreamReset.Reason.RECONNECTED);
    hub.feed.reset("b", StreamReset.Reason.RECONNECTED);
    hub.publish("a\"\\", "2");
    hub.settle();
    assertEquals(
        List.of("1", "{\"channel\":\"a\\\"\\\\\",\"reason\":\"reconnected\"}", "2"), client.data());
  }
}
