package io.github.ssekit.servlet;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.ssekit.event.SseEvent;
import io.github.ssekit.hub.CloseReason;
import java.io.InputStream;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;

/** Filters between container and adapter: each is tolerated, or named in an error. */
class FiltersIT extends Cell {
  @Test
  @Point("9 A filter without async support: an error that names it and the setting")
  void aFilterWithoutAsyncSupportIsNamed() throws Exception {
    assertEquals(500, client().get("/open/blocking").statusCode());
    // The servlet's name stands between the two parts. Each fixture leaves that name to its
    // container.
    assertLogged("set async-supported to true on the servlet ");
    assertLogged(
        " and on every filter before it, which are: " + Filters.PassingFilter.class.getName());
    assertEquals(0, hub().connectionCount());
  }

  @Test
  @Point("10 A filter that compresses: an error that names it")
  void aFilterThatCompressesIsNamed() throws Exception {
    assertEquals(500, client().get("/open/gzip").statusCode());
    assertLogged(
        "The response's output, a "
            + Filters.DeafStream.class.getName()
            + " of a "
            + Filters.Wrapper.class.getName()
            + ", has the Content-Encoding gzip: exclude event streams from the filter that wraps"
            + " the response, one of "
            + Filters.GzipFilter.class.getName());
    await().atMost(LATE).until(() -> hub().connectionCount() == 0);
  }

  @Test
  @Point("10 A filter that keeps what is written: an error that names it, and nothing is left")
  void aFilterThatKeepsWhatIsWrittenIsNamed() throws Exception {
    assertEquals(500, client().get("/open/caching").statusCode());
    assertLogged(
        " of a "
            + Filters.CachingWrapper.class.getName()
            + ", keeps what is written, a flush does not send it: exclude event streams from the"
            + " filter that wraps the response, one of "
            + Filters.CachingFilter.class.getName());
    await().atMost(LATE).until(() -> hub().connectionCount() == 0);
    assertNothingIsUnfinished();
  }

  @Test
  @Point("12 A filter that sets another charset: the stream's is utf-8")
  void theCharsetIsUtf8WhateverFiltersSet() throws Exception {
    for (String path : List.of("/open", "/open/latin")) {
      HttpResponse<InputStream> response = client().get(path);
      assertEquals(
          List.of("text/event-stream;charset=utf-8"), response.headers().allValues("Content-Type"));
    }
  }

  @Test
  @Point("10 A filter whose output has no write listener: a warning that names it")
  void aFilterThatDropsTheWriteListenerIsNamed() throws Exception {
    client().get("/open/deaf").body().readAllBytes();
    awaitClosed(1, CloseReason.STUCK, STUCK.plus(LATE));
    assertLogged(
        "The response's output, a "
            + Filters.DeafStream.class.getName()
            + " of a "
            + Filters.Wrapper.class.getName()
            + ", has not called its write listener: exclude event streams from the filter that"
            + " wraps the response, one of "
            + Filters.DeafFilter.class.getName());
  }

  @Test
  @Point("10 A filter that passes everything on: events arrive")
  void aFilterThatPassesEverythingOnIsTolerated() throws Exception {
    Client.Stream stream = client().open("/open/careful");
    awaitOpened(1);
    for (int size : new int[] {1, 100_000}) {
      String data = "x".repeat(size);
      hub().publish("room", SseEvent.of(data));
      assertEquals(data, stream.next());
    }
    assertEquals(List.of(), log.details());
  }

  @Test
  @Point("10 The container compresses what it can: events arrive")
  void aContainerThatCompressesIsTolerated() throws Exception {
    Server compressing = Server.start(protocol, site(true));
    try {
      HttpResponse<InputStream> response =
          new Client(protocol, compressing.port()).get("/open", "Accept-Encoding", "gzip");
      boolean gzip = response.headers().firstValue("Content-Encoding").isPresent();
      InputStream body = gzip ? new GZIPInputStream(response.body()) : response.body();
      Client.Stream stream = new Client.Stream(body);
      for (int i = 0; i < 20; i++) {
        hub().publish("room", SseEvent.of("event " + i));
        assertEquals("event " + i, stream.next());
      }
      note(gzip ? "yes, compressed" : "yes, uncompressed");
    } finally {
      compressing.close();
    }
  }

  private void assertLogged(String message) {
    assertTrue(log.details().stream().anyMatch(r -> r.contains(message)), "" + log.details());
  }
}
