package io.github.ssekit.chat;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

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
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import redis.clients.jedis.Jedis;

/** The HTTP interface of rooms: their separation, refused requests, and the health of a node. */
class RoomsIT {
  private static final HttpClient CLIENT = HttpClient.newHttpClient();
  private static final String HI = "{\"user\":\"Ann\",\"message\":\"hi\"}";

  private static EmbeddedRedis redis;
  private static ChatServer server;
  private static Jedis jedis;

  @BeforeAll
  static void start() {
    redis = EmbeddedRedis.start();
    server = ChatServer.start(0, redis.uri());
    jedis = new Jedis(redis.uri());
  }

  @AfterAll
  static void stop() {
    jedis.close();
    server.close();
    redis.close();
  }

  @Test
  void whatIsSaidInARoomIsHeardAndKeptThereAlone() throws Exception {
    try (EventStreamReader red = open("/chats/red/events");
        EventStreamReader blue = open("/chats/blue/events")) {
      assertEquals(204, post("/chats/red", HI).statusCode());
      assertEquals(204, post("/chats/blue", HI.replace("hi", "blue")).statusCode());
      assertEquals(HI, next(red, "message").data());
      assertEquals(HI.replace("hi", "blue"), next(blue, "message").data());
    }
    assertTrue(get("/chats/red/recent").body().contains("hi"));
    assertFalse(get("/chats/blue/recent").body().contains("hi"));
    assertEquals(200, get("/chats/red").statusCode());
  }

  @Test
  void theLobbyHasTwoNames() throws Exception {
    try (EventStreamReader old = open("/chats/new");
        EventStreamReader named = open("/chats/lobby/events")) {
      assertEquals(204, post("/chats", HI).statusCode());
      assertEquals(204, post("/chats/lobby", HI).statusCode());
      for (EventStreamReader reader : List.of(old, named)) {
        assertEquals(HI, next(reader, "message").data());
        assertEquals(HI, next(reader, "message").data());
      }
    }
  }

  @Test
  void whoIsTypingIsToldAndNotKept() throws Exception {
    try (EventStreamReader events = open("/chats/typing-room/events")) {
      String typing = "typing:typing-room";
      await().until(() -> jedis.pubsubNumSub(typing).get(typing) == 1);
      assertEquals(204, post("/chats/typing-room/typing", "{\"user\":\"Ann\"}").statusCode());
      assertEquals("{\"user\":\"Ann\"}", next(events, "typing").data());
    }
    assertTrue(get("/chats/typing-room/recent").body().contains("\"messages\":[]"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "*",
        "sse:*",
        "%7Bx%7D",
        "%7Bsse%7D:scope",
        "{x}",
        "a%0D%0Ab",
        "%0A",
        "%00",
        "a%00",
        "-x",
        "%2A",
        "%20",
        "a%20b",
        "%3Cscript%3Ealert(1)%3C%2Fscript%3E",
        "%C3%A4",
        "..",
        "%F0%9F%98%80",
        "a:b",
        "12345678901234567890123456789012345678901"
      })
  void aHostileNameIsRefusedAndMakesNoKey(String name) throws Exception {
    Set<String> before = jedis.keys("*");
    Set<String> channels = Set.copyOf(jedis.pubsubChannels());
    for (String tail : List.of("", "/events", "/recent", "/typing")) {
      for (String method : List.of("GET", "POST")) {
        String answer = raw(method, "/chats/" + name + tail);
        // The container resolves /chats/.. to /, which leads to the chat.
        String allowed = name.equals("..") ? "302|400|404|405" : "400|404|405";
        assertTrue(answer.matches("(?s)HTTP/1.1 (" + allowed + ") .*"), answer);
        assertFalse(answer.contains("<script>"), answer);
      }
    }
    assertEquals(before, jedis.keys("*"));
    Set<String> more = new HashSet<>(jedis.pubsubChannels());
    more.removeAll(channels); // channels of other tests may end meanwhile
    assertEquals(Set.of(), more);
  }

  @ParameterizedTest
  @ValueSource(strings = {"new", "recent"})
  void aRoomWithoutAPageOfItsOwnIsRefused(String name) throws Exception {
    String answer = raw("GET", "/chats/" + name + "/events");
    assertTrue(answer.startsWith("HTTP/1.1 400 "), answer);
  }

  @Test
  void aFileOfThePageCanBeAskedForItsHeadAlone() throws Exception {
    for (String path : List.of("/chats/chat.js", "/chats/red", "/chats/red/events")) {
      String answer = raw("HEAD", path);
      assertTrue(answer.startsWith("HTTP/1.1 200 "), path + answer);
    }
  }

  @Test
  void aNameOfAMegabyteIsRefusedAndMakesNoKey() throws Exception {
    Set<String> before = jedis.keys("*");
    String answer = raw("GET", "/chats/" + "x".repeat(1 << 20) + "/events");
    assertTrue(answer.matches("(?s)HTTP/1.1 4(00|14|31) .*"), answer);
    assertEquals(before, jedis.keys("*"));
  }

  @ParameterizedTest
  @CsvSource({
    "https://evil.example,403",
    "null,403",
    "http://localhost,403",
    "http://localhost.evil.example,403",
    "OWN,204",
    ",204"
  })
  void onlyAPageOfTheSameOriginOrAProgramMayPost(String origin, int status) throws Exception {
    String own = "http://localhost:" + server.uri().getPort();
    String given = "OWN".equals(origin) ? own : origin;
    HttpRequest.Builder request =
        HttpRequest.newBuilder(server.uri())
            .header("Content-Type", "application/x-www-form-urlencoded")
            .POST(BodyPublishers.ofString("user=Ann&message=hi"));
    if (given != null) {
      request.header("Origin", given);
    }
    assertEquals(status, CLIENT.send(request.build(), BodyHandlers.ofString()).statusCode());
  }

  @ParameterizedTest
  @CsvSource({
    "POST,/chats/red,cors,cross-site,403",
    "POST,/chats/red,navigate,cross-site,403",
    "POST,/chats/red,cors,same-origin,204",
    "GET,/chats/red,navigate,cross-site,200",
    "GET,/chats/red/recent,cors,cross-site,403",
    "GET,/chats/red/recent,navigate,cross-site,403",
    "GET,/chats/red/events,navigate,cross-site,403",
    "GET,/chats/red/%65vents,navigate,cross-site,403",
    "GET,/chats/red/events;x=y,navigate,cross-site,403",
    "GET,/chats/events,navigate,cross-site,200",
    "GET,/chats/red/events,no-cors,cross-site,403",
    "GET,/chats/red/events,cors,same-origin,200",
    "GET,/chats/new,no-cors,cross-site,403"
  })
  void whatAPageOfAnotherSiteAsksIsRefusedButALink(
      String method, String path, String mode, String site, int status) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(server.uri().resolve(path))
            .method(method, BodyPublishers.ofString(method.equals("POST") ? HI : ""))
            .header("Content-Type", "application/json")
            .header("Sec-Fetch-Mode", mode)
            .header("Sec-Fetch-Site", site)
            .build();
    HttpResponse<InputStream> answer = CLIENT.send(request, BodyHandlers.ofInputStream());
    answer.body().close();
    assertEquals(status, answer.statusCode());
  }

  @Test
  void onlyHostsThatAreKnownAreAnsweredAndAProbeByAnyAddress() throws Exception {
    System.setProperty("chat.hosts", "chat.example,WWW.chat.example");
    try (ChatServer named = ChatServer.start(0, redis.uri())) {
      int port = named.uri().getPort();
      for (String host :
          List.of("localhost", "127.0.0.1:80", "[::1]", "chat.example:8080", "www.Chat.example")) {
        String answer = raw(port, "GET", "/chats", host);
        assertTrue(answer.startsWith("HTTP/1.1 200 "), host + answer);
      }
      for (String host : List.of("evil.example", "localhost.evil.example", "192.0.2.1")) {
        for (String path : List.of("/", "/chats", "/chats/new", "/chats/recent", "/status")) {
          String answer = raw(port, "GET", path, host);
          assertTrue(answer.startsWith("HTTP/1.1 421 "), host + answer);
        }
        assertTrue(raw(port, "POST", "/chats", host).startsWith("HTTP/1.1 421 "), host);
        assertTrue(raw(port, "GET", "/healthz", host).startsWith("HTTP/1.1 200 "), host);
      }
    } finally {
      System.clearProperty("chat.hosts");
    }
  }

  @Test
  void whoSaysTooMuchIsToldWhenToGoOnAndOthersAreNotHeldUp() throws Exception {
    System.setProperty("chat.rate", "5");
    try (ChatServer strict = ChatServer.start(0, redis.uri())) {
      URI room = strict.uri().resolve("/chats/rate");
      for (int i = 0; i < 5; i++) {
        assertEquals(204, send(room, HI).statusCode());
      }
      HttpResponse<String> refused = send(room, HI);
      assertEquals(429, refused.statusCode());
      assertTrue(
          refused.body().matches("not sent: 5 messages a minute are allowed; try again in \\d+ s"),
          refused.body());
      assertTrue(refused.headers().firstValueAsLong("Retry-After").orElse(0) > 0);
      for (int i = 0; i < 50; i++) {
        assertEquals(429, send(room, HI).statusCode());
      }
      assertEquals(204, send(room, HI.replace("Ann", "Bob")).statusCode(), "at the same address");
    } finally {
      System.setProperty("chat.rate", "100000");
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void whoIsBehindAProxyIsKnownByWhatItSaysIfItIsOurs(boolean proxied) throws Exception {
    System.setProperty("chat.rate", "1");
    System.setProperty("chat.proxied", "" + proxied);
    try (ChatServer strict = ChatServer.start(0, redis.uri())) {
      URI room = strict.uri().resolve("/chats/proxied");
      assertEquals(204, send(room, HI, "X-Forwarded-For", "192.0.2.1").statusCode());
      // An address that the client claims comes first.
      assertEquals(429, send(room, HI, "X-Forwarded-For", "192.0.2.9, 192.0.2.1").statusCode());
      // A proxy may add a line of its own.
      String[] lines = {"X-Forwarded-For", "192.0.2.8", "X-Forwarded-For", "192.0.2.1"};
      assertEquals(429, send(room, HI, lines).statusCode());
      int other = send(room, HI, "X-Forwarded-For", "192.0.2.2").statusCode();
      assertEquals(proxied ? 204 : 429, other);
    } finally {
      System.setProperty("chat.rate", "100000");
      System.clearProperty("chat.proxied");
    }
  }

  @Test
  void aNodeThatDoesNotHearRedisIsNotHealthy() throws Exception {
    EmbeddedRedis own = EmbeddedRedis.start();
    try (ChatServer node = ChatServer.start(0, own.uri())) {
      HttpRequest health = HttpRequest.newBuilder(node.uri().resolve("/healthz")).build();
      await().until(() -> CLIENT.send(health, BodyHandlers.discarding()).statusCode() == 200);
      own.close();
      await().until(() -> CLIENT.send(health, BodyHandlers.discarding()).statusCode() == 503);
    } finally {
      own.close();
    }
  }

  @Test
  void aNodeSaysHowItIsToPeopleAndToPrograms() throws Exception {
    String json = get("/status").body();
    assertTrue(
        json.matches("\\{.*\"redisHeard\":true,\"redisProblem\":null,\"sinceProbeMillis\":\\d+.*}"),
        json);
    HttpRequest page =
        HttpRequest.newBuilder(server.uri().resolve("/status"))
            .header("Accept", "text/html")
            .build();
    HttpResponse<String> html = CLIENT.send(page, BodyHandlers.ofString());
    assertEquals("text/html;charset=utf-8", html.headers().firstValue("Content-Type").orElse(""));
    assertTrue(html.body().contains("<th scope=row>connections"), html.body());
    assertEquals("ok", get("/healthz").body());
  }

  private static SseEvent next(EventStreamReader reader, String type) throws Exception {
    SseEvent event = reader.next();
    while (!type.equals(event.type() == null ? "message" : event.type())) {
      event = reader.next();
    }
    return event;
  }

  private static EventStreamReader open(String path) throws Exception {
    return ChatStream.open(CLIENT, server.uri().resolve(path));
  }

  private static HttpResponse<String> get(String path) throws Exception {
    return CLIENT.send(
        HttpRequest.newBuilder(server.uri().resolve(path)).build(), BodyHandlers.ofString());
  }

  private static HttpResponse<String> post(String path, String json) throws Exception {
    return send(server.uri().resolve(path), json);
  }

  private static HttpResponse<String> send(URI uri, String json, String... headers)
      throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(uri)
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(json));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return CLIENT.send(request.build(), BodyHandlers.ofString());
  }

  /** The first 200 bytes of the response to a request whose target no client library would send. */
  private static String raw(String method, String target) throws Exception {
    return raw(server.uri().getPort(), method, target, "localhost");
  }

  private static String raw(int port, String method, String target, String host) throws Exception {
    String body = method.equals("POST") ? HI : "";
    String head =
        "%s %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
            .formatted(method, target, host, body.length());
    try (Socket socket = new Socket("localhost", port)) {
      socket.setSoTimeout(10_000);
      Thread sender =
          new Thread(
              () -> {
                try {
                  socket
                      .getOutputStream()
                      .write((head + body).getBytes(StandardCharsets.ISO_8859_1));
                } catch (java.io.IOException e) {
                  // The server responded before it had read the whole request.
                }
              });
      sender.start();
      InputStream in = socket.getInputStream();
      byte[] answer = in.readNBytes(200);
      return new String(answer, UTF_8);
    }
  }
}
