package io.github.ssekit.servlet;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.ssekit.event.SseEvent;
import io.github.ssekit.harness.LogCapture;
import io.github.ssekit.hub.Feed;
import io.github.ssekit.hub.Position;
import io.github.ssekit.hub.Replay;
import io.github.ssekit.hub.Start;
import io.github.ssekit.hub.Upstream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.logging.Level;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Admission to channels, and the answers to clients that are not admitted. */
class AdmissionIT extends AdmissionServer {
  @ParameterizedTest
  @ValueSource(ints = {204, 401, 403, 404, 503})
  void whoIsRefusedGetsTheStatusAndNothingElse(int status) throws Exception {
    for (String method : List.of("GET", "HEAD")) {
      Answer answer = ask(method, "/events?status=" + status);
      assertEquals(status, answer.status);
      assertEquals("no-store", answer.header("Cache-Control"));
      assertNull(answer.header("Content-Type"));
    }
    assertEquals(0, hub.connectionCount());
  }

  @ParameterizedTest
  @CsvSource({
    "secret, java.lang.NumberFormatException: For input string: \"secret\"",
    "999, java.lang.IllegalArgumentException: status 999 does not refuse a client",
    "error, java.lang.AssertionError: secret",
    "null, returned null: return Admission.to(channels) or Admission.refuse(status)"
  })
  void aMistakeOfTheSelectorIsLoggedAndNotToldToTheClient(String status, String logged)
      throws Exception {
    LogCapture log = LogCapture.of("", Level.CONFIG);
    for (String method : List.of("GET", "HEAD")) {
      Answer answer = ask(method, "/events?status=" + status);
      assertEquals(500, answer.status);
      assertEquals("", answer.whole());
    }
    log.close();
    assertEquals(2, log.details().size(), "" + log.details());
    for (String line : log.details()) {
      assertTrue(line.contains(logged) && line.contains("could not be opened"), line);
    }
  }

  @Test
  void aMistakeOfTheHubsFunctionsIsLoggedAndNotToldToTheClient() throws Exception {
    LogCapture log = LogCapture.of("", Level.CONFIG);
    for (String method : List.of("GET", "HEAD")) {
      Answer answer = ask(method, "/events?user=ann&channels=latest:secret");
      assertEquals(method.equals("GET") ? 500 : 200, answer.status);
      assertEquals("", answer.whole());
    }
    assertEquals(200, get("/events?user=ann&channels=latest:1").status);
    log.close();
    assertEquals(1, log.details().size(), "" + log.details());
    assertTrue(log.details().get(0).contains("could not be opened"), "" + log.details());
  }

  @Test
  void aQueryThatCantBeReadIsTheContainersToAnswer() throws Exception {
    LogCapture log = LogCapture.of(EventStreamServlet.class.getName(), Level.CONFIG);
    // Tomcat 10.1 leaves the parameter out, and the selector refuses.
    int status = get("/events?status=404&user=%zz").status;
    assertTrue(status == 400 || status == 404, "" + status);
    log.close();
    assertEquals(List.of(), log.details());
  }

  @Test
  void aFunctionOfChannelsThatReturnsNullIsNamed() throws Exception {
    LogCapture log = LogCapture.of("", Level.CONFIG);
    assertEquals(500, get("/null").status);
    log.close();
    assertTrue(
        log.details().get(0).contains(AdmissionServer.class.getName())
            && log.details().get(0).contains("returned null: return the channels' names"),
        "" + log.details());
  }

  @Test
  void theMethodsThatAreAllowedAreTheOnesThatAreAnswered() throws Exception {
    assertEquals("GET, HEAD, OPTIONS", ask("OPTIONS", "/own?user=ann").header("Allow"));
    assertEquals("GET, HEAD, POST, OPTIONS", ask("OPTIONS", "/post?user=ann").header("Allow"));
  }

  /** The body never arrives: a thread that asks the container for a parameter would wait for it. */
  @Test
  void theQueryIsReadWithoutTheBodyOfAForm() throws Exception {
    Answer answer =
        ask(
            "POST",
            "/open?lastEventId=1-0",
            "Content-Type: application/x-www-form-urlencoded",
            "Content-Length: 1000");
    assertEquals(200, answer.status);
    // The head arrives before the handler continues.
    await().until(() -> !opened.isEmpty());
    assertEquals("1-0", opened.element().lastEventId());
  }

  @Test
  void headIsAnsweredAsGetWouldBe() throws Exception {
    Answer answer = ask("HEAD", "/events?user=ann");
    assertEquals(200, answer.status);
    assertEquals("text/event-stream;charset=utf-8", answer.header("Content-Type"));
    assertEquals(400, ask("HEAD", "/events?user=ann&channels=a,b,%0A").status);
    assertEquals(0, hub.connectionCount());
  }

  @ParameterizedTest
  @CsvSource({
    "'a,b,c', '3 channels: one connection may have maxChannelsPerConnection 2; ask for fewer'",
    "'a,%0A', 'channel name holds the control character U+000A at index 0; remove it'",
    "'LONG', 'channel name of 201 characters: give it 1 to 200'"
  })
  void channelsOverTheLimitsAreAnsweredWith400(String channels, String message) throws Exception {
    Answer answer = get("/events?user=ann&channels=" + channels.replace("LONG", "x".repeat(201)));
    assertEquals(400, answer.status);
    assertEquals(message, answer.whole());
    assertEquals(0, hub.connectionCount());
  }

  @Test
  void anEventIdOfAnotherChannelBringsNothingOfThatChannel() throws Exception {
    KeptChannels kept = new KeptChannels();
    Feed feed = hub.feed();
    feed.attach(kept);
    // A client of both channels, so that this node's logs have both.
    assertEquals("retry: 1234", get("/events?user=all&channels=of:ann,of:bob").nextLine());
    feed.opened(List.of("of:ann", "of:bob"), new Position(10, 0));
    for (int i = 11; i <= 16; i++) {
      String name = i % 2 == 0 ? "of:ann" : "of:bob";
      feed.deliverAt(name, SseEvent.of(name + i), new Position(i, 0));
    }

    // Event 13 is bob's. The log serves the client.
    Answer answer = get("/events?user=ann", "Last-Event-ID: 13-0");
    assertEquals("data: of:ann14", answer.nextLine("data: "));
    assertEquals("data: of:ann16", answer.nextLine("data: "));
    feed.deliverAt("of:bob", SseEvent.of("of:bob17"), new Position(17, 0));
    feed.deliverAt("of:ann", SseEvent.of("of:ann18"), new Position(18, 0));
    assertEquals("data: of:ann18", answer.nextLine("data: "));

    // Position 5 is before the log: the hub asks the upstream, for ann's channel only.
    Answer older = get("/events?user=ann&channels=of:ann", "Last-Event-ID: 5-0");
    assertEquals("data: asked for [of:ann after 5-0]", older.nextLine("data: "));
    assertEquals("data: of:ann16", older.nextLine("data: of:ann16"));
  }

  @Test
  void aLastEventIdThatIsTooLongIsAnUnknownOne() throws Exception {
    Feed feed = hub.feed();
    feed.attach(new KeptChannels());
    Answer answer = get("/events?user=ann", "Last-Event-ID: " + "1".repeat(4_000));
    feed.opened(List.of("of:ann"), new Position(10, 0));
    assertEquals("event: stream-reset", answer.nextLine("event: "));
    assertEquals("data: {\"channel\":null,\"reason\":\"unknown-id\"}", answer.nextLine());
  }

  @Test
  void aPostIsAnsweredWhereItIsAccepted() throws Exception {
    // HttpServlet answers 400 instead of 405 over HTTP/1.0.
    assertEquals(400, ask("POST", "/events?user=ann", "Content-Length: 0").status);
    Answer answer = ask("POST", "/post?user=ann", "Content-Length: 0");
    assertEquals(200, answer.status);
    assertEquals("text/event-stream;charset=utf-8", answer.header("Content-Type"));
    assertEquals("retry: 1234", answer.nextLine());
    hub.publish("of:ann", SseEvent.of("started"));
    assertEquals("data: started", answer.nextLine("data: "));
    assertEquals(403, ask("POST", "/post?status=403", "Content-Length: 0").status);
    assertEquals(200, get("/post?user=ann").status);
  }

  /**
   * An upstream whose channels all have history. Each replay is one event that repeats the request.
   */
  private static final class KeptChannels implements Upstream {
    @Override
    public boolean hasHistory(String channel) {
      return true;
    }

    @Override
    public void channelOpened(String channel) {}

    @Override
    public void channelClosed(String channel) {}

    @Override
    public void replay(Map<String, Start> starts, ReplaySink sink) {
      List<String> asked = new ArrayList<>();
      starts.forEach((channel, start) -> asked.add(channel + " after " + start.after()));
      SseEvent event = SseEvent.of("asked for " + asked).withId("12-0");
      sink.accept(Replay.of(List.of(), List.of(event), new Position(12, 0)));
    }
  }
}
