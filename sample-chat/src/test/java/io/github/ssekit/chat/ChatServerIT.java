package io.github.ssekit.chat;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.ssekit.event.EventStreamReader;
import io.github.ssekit.event.SseEvent;
import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.args.ClientType;

/** The chat's HTTP, over the real server and a real Redis. */
class ChatServerIT {
  private static final String FORM = "application/x-www-form-urlencoded";
  private static final String JSON = "application/json";

  private static final HttpClient CLIENT = HttpClient.newHttpClient();
  private static EmbeddedRedis redis;
  private static ChatServer server;

  @BeforeAll
  static void start() {
    redis = EmbeddedRedis.start();
    server = ChatServer.start(0, redis.uri());
  }

  @AfterAll
  static void stop() {
    server.close();
    redis.close();
  }

  @Test
  void theStreamIsWellFormedAndItsFirstBytesComeWithin100Milliseconds() throws Exception {
    openStream("").close(); // The first request of a server also loads its classes.
    HttpResponse<InputStream> response = getStream("");
    assertEquals('r', response.body().read()); // of "retry: "
    long best = Long.MAX_VALUE;
    for (int i = 0; i < 20; i++) {
      long start = System.nanoTime();
      try (InputStream body = getStream("").body()) {
        body.read();
      }
      best = Math.min(best, (System.nanoTime() - start) / 1_000_000);
    }
    assertTrue(best < 100, best + " ms");
    assertEquals(200, response.statusCode());
    Map<String, String> expected =
        Map.of(
            "content-type", "text/event-stream;charset=utf-8",
            "cache-control", "no-cache, no-transform",
            "x-accel-buffering", "no");
    expected.forEach(
        (name, value) -> assertEquals(List.of(value), response.headers().allValues(name)));
    response.body().close();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        FORM + "|user=Ann&message=Hi%0D%0Athere|Ann|Hi\\nthere",
        FORM + "; charset=UTF-8|message=%C3%A4+%F0%9F%98%80&user=%3Cb%3E|<b>|\u00e4 \uD83D\uDE00",
        JSON + "|{\"user\":\"Ann\",\"message\":\"data: x\"}|Ann|data: x",
        JSON + ";charset=utf-8|{\"message\":\"x\\u2028\",\"user\":\"B\",\"more\":1}|B|x\u2028",
      })
  void aFormOrJsonIsPublishedToEveryPage(String type, String body, String user, String message)
      throws Exception {
    String begin = "?lastEventId=" + recent("").path("position").textValue();
    try (EventStreamReader one = openStream(begin);
        EventStreamReader two = openStream(begin)) {
      HttpResponse<String> response = post(type, body);
      assertEquals(204, response.statusCode(), response.body());
      for (EventStreamReader reader : List.of(one, two)) {
        SseEvent event = reader.next();
        String json = event.data().replace("\\r\\n", "\\n");
        assertEquals("{\"user\":\"%s\",\"message\":\"%s\"}".formatted(user, message), json);
      }
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        FORM + "|user=Ann|400|message has 0 characters; it needs 1 to 2000",
        FORM + "|user=%20&message=x|400|user has 0 characters; it needs 1 to 40",
        FORM + "|user=%zz&message=x|400|",
        FORM + "|user&message|400|user has 0 characters; it needs 1 to 40",
        FORM + "|user=a&message=x&token=|400|token has 0 characters; it needs 1 to 200",
        JSON + "|{\"user\":1,\"message\":\"x\"}|400|user has 0 characters; it needs 1 to 40",
        JSON + "|[]|400|user has 0 characters; it needs 1 to 40",
        JSON + "|{\"user\":|400|the body is not JSON: {\"user\":…,\"message\":…}",
        "text/plain|hello|415|send application/json or application/x-www-form-urlencoded",
      })
  void whatIsNoMessageIsRefusedWithTheFieldAndTheLimit(
      String type, String body, int status, String text) throws Exception {
    HttpResponse<String> response = post(type, body);
    assertEquals(status, response.statusCode());
    if (text != null) {
      assertEquals(text, response.body());
    }
  }

  /** Every reader of a message knows its token. */
  @Test
  void anotherMessageWithTheSameTokenIsAnotherMessage() throws Exception {
    assertEquals(204, post(FORM, "user=Ann&message=mine&token=7").statusCode());
    assertEquals(204, post(FORM, "user=Bob&message=not+hers&token=7").statusCode());
    List<String> said = new ArrayList<>();
    recent("").path("messages").forEach(each -> said.add(each.path("data").textValue()));
    assertTrue(said.get(said.size() - 2).contains("mine"), "" + said);
    assertTrue(said.get(said.size() - 1).contains("not hers"), "" + said);
  }

  @Test
  void aPostThatIsRepeatedWithItsTokenIsOneMessage() throws Exception {
    String json = "{\"user\":\"Ann\",\"message\":\"once\",\"token\":\"0-json\"}";
    for (int i = 0; i < 3; i++) {
      assertEquals(204, post(FORM, "user=Ann&message=once&token=0-form").statusCode());
      assertEquals(204, post(JSON, json).statusCode());
      assertEquals(204, post(FORM, "user=Ann&message=more").statusCode());
    }
    List<String> said = new ArrayList<>();
    recent("").path("messages").forEach(each -> said.add(each.path("data").textValue()));
    String more = "{\"user\":\"Ann\",\"message\":\"more\"}";
    List<String> expected = new ArrayList<>();
    for (String token : List.of("form", "json")) {
      expected.add(more.replace("more", "once").replace("}", ",\"token\":\"0-" + token + "\"}"));
    }
    expected.addAll(List.of(more, more, more));
    // The five messages are the newest; messages of other tests come before them.
    assertEquals(expected, said.subList(Math.max(0, said.size() - 5), said.size()));
  }

  @Test
  void aNewcomerGetsTheLast50AndOneThatWasHereFromWhereItBegan() throws Exception {
    List<String> ids = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      assertEquals(204, post(FORM, "user=Ann&message=" + i).statusCode());
    }
    JsonNode newcomer = recent("");
    newcomer.path("messages").forEach(each -> ids.add(each.path("id").textValue()));
    assertEquals(50, ids.size());
    assertEquals(
        "{\"user\":\"Ann\",\"message\":\"10\"}",
        newcomer.path("messages").path(0).path("data").textValue());
    JsonNode returning = recent("?since=" + ids.get(45)).path("messages");
    assertEquals(5, returning.size());
    assertEquals(ids.get(45), returning.path(0).path("id").textValue());
    for (String none : List.of("", "x", "-", "99999999999999999999-0")) {
      assertEquals(50, recent("?since=" + none).path("messages").size(), none);
    }
  }

  @Test
  void tooMuchIsRefused() throws Exception {
    assertEquals(413, post(FORM, "user=a&message=" + "x".repeat(20_000)).statusCode());
    HttpResponse<String> response = post(FORM, "user=a&message=" + "x".repeat(2001));
    assertEquals(400, response.statusCode());
    assertEquals("message has 2001 characters; it needs 1 to 2000", response.body());
    assertEquals(204, post(FORM, "user=a&message=" + "x".repeat(2000)).statusCode());
  }

  @Test
  void aMissingOrDeepJsonIsNoServerError() throws Exception {
    assertEquals(415, post("", "").statusCode());
    assertEquals(400, post(JSON, "").statusCode());
    assertEquals(400, post(JSON, "[".repeat(16_000)).statusCode());
  }

  @Test
  void theFilesOfThePageAreServedAndNoOthers() throws Exception {
    HttpResponse<String> page = get("/chats");
    assertEquals(200, page.statusCode());
    assertTrue(
        page.headers()
            .firstValue("Content-Security-Policy")
            .orElse("")
            .contains("script-src 'self'"));
    for (String path : List.of("/chats/chat.js", "/chats/conversation.js", "/chats/chat.css")) {
      assertEquals(200, get(path).statusCode(), path);
    }
    for (String path :
        List.of("/chats/x.js", "/chats/x/y", "/chats/..%2f..%2fChat.class", "/chats/%2e%2e/x")) {
      int status = get(path).statusCode();
      assertTrue(status == 404 || status == 400, path + " " + status);
    }
  }

  @Test
  void theShortAddressesLeadToTheChat() throws Exception {
    for (String path : List.of("/", "/chats/")) {
      HttpResponse<String> answer = get(path);
      assertEquals(302, answer.statusCode(), path);
      String to = answer.headers().firstValue("Location").orElseThrow();
      assertEquals(server.uri(), server.uri().resolve(to), path);
    }
  }

  @Test
  void aThousandStreamsTakeOneSubscriptionAndNoThreads() throws Exception {
    List<Socket> sockets = new ArrayList<>();
    try (Jedis jedis = new Jedis(redis.uri())) {
      for (int i = 0; i < 1000; i++) {
        Socket socket = new Socket("localhost", server.uri().getPort());
        sockets.add(socket);
        socket
            .getOutputStream()
            .write("GET /chats/new HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(UTF_8));
      }
      for (Socket socket : sockets) {
        assertEquals('H', socket.getInputStream().read());
      }
      awaitSubscribed();
      String pubsub = jedis.clientList(ClientType.PUBSUB);
      assertEquals(1, pubsub.lines().count(), pubsub);
      // The size of Jetty's pool doesn't matter, as long as its threads are idle.
      await().atMost(Duration.ofSeconds(10)).until(() -> threadsInUse() < 20);
    } finally {
      for (Socket socket : sockets) {
        socket.close();
      }
    }
  }

  /** Counts threads with code of ours, or of the servlet container's requests, on their stack. */
  private static long threadsInUse() {
    return Thread.getAllStackTraces().values().stream()
        .filter(
            stack ->
                Arrays.stream(stack)
                    .map(StackTraceElement::getClassName)
                    .anyMatch(c -> c.contains(".ssekit.") || c.contains(".ServletChannel")))
        .count();
  }

  private static void awaitSubscribed() {
    try (Jedis jedis = new Jedis(redis.uri())) {
      await()
          .atMost(Duration.ofSeconds(10))
          .until(() -> jedis.pubsubNumSub(Outside.CHANNEL).get(Outside.CHANNEL) == 1);
    }
  }

  private static JsonNode recent(String query) throws Exception {
    HttpResponse<String> response = get("/chats/recent" + query);
    assertEquals(200, response.statusCode(), response.body());
    assertEquals(List.of("application/json"), response.headers().allValues("content-type"));
    return new ObjectMapper().readTree(response.body());
  }

  private static EventStreamReader openStream(String query) throws Exception {
    return new EventStreamReader(getStream(query).body());
  }

  private static HttpResponse<InputStream> getStream(String query) throws Exception {
    return CLIENT.send(
        HttpRequest.newBuilder(URI.create(server.uri() + "/new" + query)).build(),
        BodyHandlers.ofInputStream());
  }

  private static HttpResponse<String> get(String path) throws Exception {
    return CLIENT.send(
        HttpRequest.newBuilder(server.uri().resolve(path)).build(), BodyHandlers.ofString());
  }

  private static HttpResponse<String> post(String type, String body) throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(server.uri()).POST(BodyPublishers.ofString(body));
    if (!type.isEmpty()) {
      request.header("Content-Type", type);
    }
    return CLIENT.send(request.build(), BodyHandlers.ofString());
  }
}
