package io.github.ssekit.chat;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.ssekit.event.EventStreamReader;
import io.github.ssekit.harness.Ports;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The commands of the README, as processes. */
class ChatProcessIT {
  private static final HttpClient CLIENT = HttpClient.newHttpClient();

  @Test
  void twoNodesOfTheJarShareOneConversation() throws Exception {
    try (EmbeddedRedis redis = EmbeddedRedis.start();
        ChatProcess one = ChatProcess.jar("--port", "0", "--redis", "" + redis.uri());
        ChatProcess two = ChatProcess.jar("--port", "0", "--redis", "" + redis.uri())) {
      URI first = one.awaitUri();
      URI stream = URI.create(two.awaitUri() + "/new");
      try (EventStreamReader events = ChatStream.open(CLIENT, stream)) {
        post(first, "user=Ann&message=across");
        assertEquals("{\"user\":\"Ann\",\"message\":\"across\"}", events.next().data());
      }
    }
  }

  @Test
  void twoPagesChatThroughTheOneCommandAndCtrlCLeavesNothingBehind() throws Exception {
    Browser.requireInstalled();
    try (ChatProcess chat = ChatProcess.maven("-Pchat", "-Dchat.port=0")) {
      URI uri = chat.awaitUri();
      try (Browser ann = Browser.start();
          Browser bob = Browser.start()) {
        ann.open(uri, "Ann");
        bob.open(uri, "Bob");
        ann.say("Hello Bob");
        bob.awaitTexts(".message .text", List.of("Hello Bob"));
        bob.say("Hello Ann");
        ann.awaitTexts(".message .text", List.of("Hello Bob", "Hello Ann"));
      }
      List<ProcessHandle> started = chat.descendants();
      assertTrue(
          started.stream().anyMatch(p -> p.info().command().orElse("").contains("redis")),
          started.toString());
      chat.interrupt();
      chat.awaitExit(Duration.ofSeconds(20));
      await().until(() -> started.stream().noneMatch(ProcessHandle::isAlive));
    }
  }

  @Test
  @Tag("long")
  void sigtermWithTwoThousandClientsSendsEachAwayAndEndsWithinTenSeconds() throws Exception {
    List<Socket> clients = new ArrayList<>();
    try (ChatProcess chat = ChatProcess.jar("--port", "0")) {
      URI uri = chat.awaitUri();
      String request = "GET " + uri.getPath() + "/new HTTP/1.1\r\nHost: localhost\r\n\r\n";
      for (int i = 0; i < 2000; i++) {
        Socket client = new Socket(uri.getHost(), uri.getPort());
        client.setSoTimeout(30_000);
        clients.add(client);
        client.getOutputStream().write(request.getBytes(UTF_8));
      }
      for (Socket client : clients) {
        assertTrue(next(client.getInputStream(), "retry: "), "a stream begins");
      }
      chat.terminate();
      assertEquals(128 + 15, chat.awaitExit(Duration.ofSeconds(20)));
      for (Socket client : clients) {
        assertTrue(next(client.getInputStream(), "retry: "), "a time to come back");
        assertTrue(next(client.getInputStream(), "\r\n0\r\n\r\n"), "a clean end");
      }
      assertEquals(2, chat.output().lines().count(), chat.output()); // its Redis, its address
    } finally {
      for (Socket client : clients) {
        client.close();
      }
    }
  }

  /** Reads up to the end of a text. Returns whether the text came. */
  private static boolean next(InputStream in, String text) throws IOException {
    StringBuilder read = new StringBuilder();
    while (read.indexOf(text) < 0) {
      int b = in.read();
      if (b < 0) {
        return false;
      }
      read.append((char) b);
    }
    return true;
  }

  @Test
  void aTakenPortIsOneLineAndExitCodeOne() throws Exception {
    try (ServerSocket taken = new ServerSocket(0);
        ChatProcess chat = ChatProcess.jar("--port", "" + taken.getLocalPort())) {
      assertEquals(1, chat.awaitExit(Duration.ofSeconds(30)));
      assertOneLine(chat, "port " + taken.getLocalPort() + " is not free");
    }
  }

  @Test
  void anUnreachableRedisIsOneLineAndExitCodeOne() throws Exception {
    int nobody = Ports.free();
    try (ChatProcess chat =
        ChatProcess.jar("--port", "0", "--redis", "redis://localhost:" + nobody)) {
      assertEquals(1, chat.awaitExit(Duration.ofSeconds(30)));
      assertOneLine(chat, "Redis at localhost:" + nobody + " is not available");
    }
  }

  @Test
  void aRedisBehindSentinelIsOneLineThatRepeatsNoPassword() throws Exception {
    try (ChatProcess chat =
        ChatProcess.jar("--port", "0", "--redis", "redis-sentinel://:secret@localhost:1/m")) {
      assertEquals(1, chat.awaitExit(Duration.ofSeconds(30)));
      assertOneLine(
          chat, "redis is not redis://HOST:PORT or rediss://HOST:PORT but redis-sentinel:…");
    }
    try (ChatProcess chat =
        ChatProcess.jar("--port", "0", "--redis", "redis://:se%cret@localhost:1")) {
      assertEquals(1, chat.awaitExit(Duration.ofSeconds(30)));
      assertOneLine(chat, "redis is no URI: Malformed escape pair at character 12");
      assertFalse(chat.output().contains("cret"), chat.output());
    }
  }

  @Test
  void aRedisThatDoesNotAnswerIsOneLineAndExitCodeOne() throws Exception {
    // The kernel accepts the connection, and no server ever replies.
    try (ServerSocket silent = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
        ChatProcess chat =
            ChatProcess.jar(
                "--port", "0", "--redis", "redis://127.0.0.1:" + silent.getLocalPort())) {
      assertEquals(1, chat.awaitExit(Duration.ofSeconds(30)));
      assertOneLine(chat, "is not available");
    }
  }

  @Test
  void mavenSaysItWithoutAStackTrace() throws Exception {
    try (ServerSocket taken = new ServerSocket(0);
        ChatProcess chat = ChatProcess.maven("-Pchat", "-Dchat.port=" + taken.getLocalPort())) {
      assertEquals(1, chat.awaitExit(Duration.ofMinutes(4)));
      assertOneLine(chat, "port " + taken.getLocalPort() + " is not free");
    }
  }

  private static void assertOneLine(ChatProcess chat, String part) throws Exception {
    // Maven ends with the codes that reset a terminal's colours; a new JVM warns of old Mavens.
    String text =
        chat.output()
            .replaceAll("\u001b\\[[0-9;]*m", "")
            .replaceAll(
                "(?m)^WARNING: .*sun\\.misc\\.Unsafe.*\\R|^WARNING: Please consider.*\\R", "")
            .strip();
    assertEquals(1, text.lines().count(), text);
    assertTrue(text.startsWith("The chat can't start: ") && text.contains(part), text);
    assertFalse(text.contains("Exception"), text);
  }

  private static void post(URI uri, String form) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(uri)
            .header("Content-Type", "application/x-www-form-urlencoded")
            .POST(BodyPublishers.ofString(form, UTF_8))
            .build();
    assertEquals(204, CLIENT.send(request, BodyHandlers.discarding()).statusCode());
  }
}
