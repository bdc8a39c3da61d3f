package io.github.ssekit.servlet;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.ssekit.event.SseEvent;
import io.github.ssekit.hub.Connection;
import io.github.ssekit.hub.HubBuilder;
import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.BufferUtil;
import org.eclipse.jetty.util.Callback;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * On Jetty, the adapter writes chunks past the response, unless a request log or a handler counts
 * the bytes.
 */
class JettyChunksIT extends Cell {
  private final Queue<Long> logged = new ConcurrentLinkedQueue<>();
  private final AtomicLong seen = new AtomicLong();

  @Override
  HubBuilder settings(HubBuilder builder) {
    return builder.heartbeat(Duration.ofMinutes(5)).reconnectionTime(Duration.ofMillis(1234));
  }

  @BeforeEach
  void onlyOnJetty() {
    assumeTrue(
        Server.CONTAINER.startsWith("jetty") && protocol == Protocol.HTTP_1,
        "only Jetty over HTTP/1.1 is given whole chunks");
  }

  @Test
  void aChunkIsWholeAtOnceAndNothingFollowsIt() throws Exception {
    assertEquals(
        chunk("retry: 1234\n") + chunk("data: one\n\n") + chunk("data: two\n\n") + chunk(""),
        twoEvents(port(), ""));
    assertEquals(List.of(), log.details());
  }

  @Test
  void aResponseThatItsConnectionEndsHasNoChunks() throws Exception {
    assertEquals(
        "retry: 1234\ndata: one\n\ndata: two\n\n", twoEvents(port(), "Connection: close\r\n"));
  }

  @Test
  void aRequestLogCountsEveryByte() throws Exception {
    JettyServer server = new JettyServer(protocol, context(), false);
    try {
      server.logRequests(
          (request, response) -> logged.add(Response.getContentBytesWritten(response)));
      String body = twoEvents(server.port(), "");
      await().atMost(LATE).until(() -> logged.size() == 1);
      assertEquals(lengthOfChunks(body), logged.remove());
    } finally {
      server.close();
    }
  }

  @Test
  void aHandlerThatWrapsTheResponseSeesEveryByte() throws Exception {
    JettyServer server = new JettyServer(protocol, new Watching(context()), false);
    try {
      String body = twoEvents(server.port(), "");
      assertEquals(lengthOfChunks(body), seen.get());
    } finally {
      server.close();
    }
  }

  private static Handler context() {
    return Server.CONTAINER.equals("jetty-ee10")
        ? JettyEe10.context(site(false))
        : JettyEe11.context(site(false));
  }

  /** A handler that counts the written bytes. */
  private final class Watching extends Handler.Wrapper {
    Watching(Handler handler) {
      super(handler);
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) throws Exception {
      Response watched =
          new Response.Wrapper(request, response) {
            @Override
            public void write(boolean last, ByteBuffer content, Callback written) {
              seen.addAndGet(BufferUtil.length(content));
              super.write(last, content, written);
            }
          };
      return super.handle(request, watched, callback);
    }
  }

  /**
   * The body of a response with two events, each awaited to the end of its chunk, if it has one.
   */
  private String twoEvents(int port, String header) throws Exception {
    try (Socket socket = new Socket("localhost", port)) {
      socket.setSoTimeout(20_000);
      String request = "GET /open HTTP/1.1\r\nHost: localhost\r\n" + header + "\r\n";
      socket.getOutputStream().write(request.getBytes(ISO_8859_1));
      StringBuilder body = new StringBuilder();
      awaitOpened(1);
      for (String event : new String[] {"one", "two"}) {
        hub().publish("room", SseEvent.of(event));
        String end = "data: " + event + "\n\n" + (header.isEmpty() ? "\r\n" : "");
        read(socket, body, end);
      }
      opened.forEach(Connection::close);
      read(socket, body, header.isEmpty() ? "0\r\n\r\n" : null);
      String head = body.substring(0, body.indexOf("\r\n\r\n"));
      assertTrue(head.startsWith("HTTP/1.1 200 "), head);
      assertEquals(header.isEmpty(), head.contains("Transfer-Encoding: chunked"), head);
      assertFalse(header.isEmpty() && head.contains("Connection: close"), head);
      return body.substring(head.length() + 4);
    }
  }

  /** Reads on until the text contains {@code end}; to the end of the connection if null. */
  private static void read(Socket socket, StringBuilder text, String end) throws IOException {
    while (end == null || text.indexOf(end) < 0) {
      int b = socket.getInputStream().read();
      if (b < 0) {
        assertTrue(end == null, "ended amid " + text);
        return;
      }
      text.append((char) b);
    }
  }

  private static String chunk(String bytes) {
    return Integer.toHexString(bytes.length()) + "\r\n" + bytes + "\r\n";
  }

  /** How many bytes some chunks hold. */
  private static long lengthOfChunks(String body) {
    long length = 0;
    for (int at = 0; ; ) {
      int line = body.indexOf("\r\n", at);
      int size = Integer.parseInt(body.substring(at, line), 16);
      if (size == 0) {
        return length;
      }
      length += size;
      at = line + 2 + size + 2;
    }
  }
}
