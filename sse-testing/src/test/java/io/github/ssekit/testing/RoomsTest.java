package io.github.ssekit.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.springframework.test.web.servlet.request.MockMvcRequestBuilders.get;

import io.github.ssekit.event.SseEvent;
import io.github.ssekit.harness.LogCapture;
import io.github.ssekit.hub.Hub;
import io.github.ssekit.servlet.EventStreams;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.time.Duration;
import java.util.List;
import java.util.logging.Level;
import org.junit.jupiter.api.Test;
import org.springframework.mock.web.MockHttpServletResponse;
import org.springframework.test.web.servlet.MockMvc;
import org.springframework.test.web.servlet.setup.MockMvcBuilders;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RestController;

/** A controller that streams, under MockMvc. */
class RoomsTest {
  /** The controller. */
  @RestController
  static class Rooms {
    private final Hub hub;

    Rooms(Hub hub) {
      this.hub = hub;
    }

    @GetMapping("/rooms/{id}/events")
    void events(
        @PathVariable("id") String id, HttpServletRequest request, HttpServletResponse response) {
      EventStreams.open(hub, request, response, "room:" + id);
    }
  }

  @Test
  void aListenerOfARoomGetsItsEvents() throws Exception {
    Hub hub = Hub.create();
    MockMvc mvc = MockMvcBuilders.standaloneSetup(new Rooms(hub)).build();
    MockHttpServletResponse response =
        mvc.perform(get("/rooms/1/events")).andReturn().getResponse();
    TestStream stream = TestStream.of(response::getContentAsByteArray);
    hub.publish("room:1", SseEvent.of("chat", "hello"));
    stream.assertNext("chat", "hello");
    hub.close();
  }

  @Test
  void theMocksResponseHasTheHeadAndAllBytesAndNothingIsLogged() throws Exception {
    try (LogCapture log = LogCapture.of("io.github.ssekit", Level.WARNING);
        Hub hub = Hub.create()) {
      MockMvc mvc = MockMvcBuilders.standaloneSetup(new Rooms(hub)).build();
      MockHttpServletResponse response =
          mvc.perform(get("/rooms/1/events")).andReturn().getResponse();
      assertEquals("text/event-stream;charset=utf-8", response.getContentType());
      TestStream stream = TestStream.of(response::getContentAsByteArray);
      hub.publish("room:1", SseEvent.of("a"));
      hub.publish("room:2", SseEvent.of("x"));
      hub.publish("room:1", SseEvent.of("b"));
      stream.assertNext("a");
      AssertionError failure = assertThrows(AssertionError.class, () -> stream.assertNext("c"));
      assertTrue(failure.getMessage().startsWith("expected SseEvent[type=null, data=c, id=null]"));
      assertTrue(failure.getMessage().endsWith("data: a\n\ndata: b\n\n"), failure::getMessage);
      stream.assertNothing(Duration.ZERO);
      hub.drain(Duration.ofSeconds(10));
      assertEquals(0, hub.connectionCount());
      assertEquals(List.of(), log.messages());
    }
  }
}
