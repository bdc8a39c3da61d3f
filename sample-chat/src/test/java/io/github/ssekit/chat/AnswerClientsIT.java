package io.github.ssekit.chat;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.ssekit.event.EventStreamReader;
import io.github.ssekit.event.SseEvent;
import io.github.ssekit.harness.Programs;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;
import okhttp3.sse.EventSource;
import okhttp3.sse.EventSourceListener;
import okhttp3.sse.EventSources;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Third-party clients follow an answer of the example to its end, and stop. The npm clients run
 * where Node and their package are installed, which may be in {@code NODE_PATH}.
 */
@Timeout(60)
class AnswerClientsIT {
  private static final HttpClient CLIENT = HttpClient.newHttpClient();

  @TempDir static Path folder;

  private static EmbeddedRedis redis;
  private static AnswerNode node;
  private static AnswerNode other;

  @BeforeAll
  static void start() throws Exception {
    redis = EmbeddedRedis.start();
    node = new AnswerNode(0, redis.uri(), Duration.ofMillis(5));
    other = new AnswerNode(0, redis.uri(), Duration.ofMillis(5));
    String modules = System.getenv("NODE_PATH");
    if (modules != null) {
      Files.createSymbolicLink(folder.resolve("node_modules"), Path.of(modules));
    }
  }

  @AfterAll
  static void stop() {
    other.close();
    node.close();
    redis.close();
  }

  /** Starts an answer. Returns its address on the node that does not produce it. */
  private static URI ask(String question) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(node.uri().resolve("/ask?q=" + URLEncoder.encode(question, UTF_8)))
            .POST(BodyPublishers.noBody())
            .build();
    HttpResponse<String> response = CLIENT.send(request, BodyHandlers.ofString());
    assertEquals(201, response.statusCode());
    return other.uri().resolve("/answers?id=" + response.body());
  }

  private static void assertWhole(String question, String text) {
    String start = "“" + question + "”? That is a good question";
    assertTrue(text.startsWith(start), text);
    assertTrue(text.endsWith("and so does this stream."), text);
  }

  @Test
  void curl() throws Exception {
    Programs.require("curl");
    URI answer = ask("curl");
    // curl ends by itself, since the response ends.
    String stream = run("curl", "-sSfN", answer.toString());
    StringBuilder text = new StringBuilder();
    String type = "";
    EventStreamReader reader =
        new EventStreamReader(new ByteArrayInputStream(stream.getBytes(UTF_8)));
    for (SseEvent event = reader.next(); event != null; event = reader.next()) {
      text.append(event.data());
      type = String.valueOf(event.type());
    }
    assertWhole("curl", text.toString());
    assertEquals("done", type);
    String status =
        run(
            "curl",
            "-sS",
            "-w",
            "%{http_code}",
            "-H",
            "Last-Event-ID: " + reader.lastEventId(),
            answer.toString());
    assertEquals("204", status);
  }

  @Test
  void okhttp() throws Exception {
    StringBuilder text = new StringBuilder();
    List<String> types = new ArrayList<>();
    CountDownLatch closed = new CountDownLatch(1);
    OkHttpClient client = new OkHttpClient();
    EventSource source =
        EventSources.createFactory(client)
            .newEventSource(
                new Request.Builder().url(ask("okhttp").toString()).build(),
                new EventSourceListener() {
                  @Override
                  public void onEvent(
                      EventSource eventSource,
                      @Nullable String id,
                      @Nullable String type,
                      String data) {
                    text.append(data);
                    types.add(String.valueOf(type));
                  }

                  @Override
                  public void onClosed(EventSource eventSource) {
                    closed.countDown();
                  }

                  @Override
                  public void onFailure(
                      EventSource eventSource,
                      @Nullable Throwable failure,
                      @Nullable Response response) {
                    text.append(failure);
                    closed.countDown();
                  }
                });
    assertTrue(closed.await(30, TimeUnit.SECONDS));
    assertWhole("okhttp", text.toString());
    assertEquals("done", types.get(types.size() - 1));
    source.cancel();
    client.dispatcher().executorService().shutdown();
  }

  @Test
  void npmEventSource() throws Exception {
    requirePackage("eventsource");
    String script =
        """
        const EventSource = require("eventsource").EventSource ?? require("eventsource");
        const source = new EventSource(process.argv[2]);
        let text = "";
        source.addEventListener("token", (event) => (text += event.data));
        source.addEventListener("done", () => (text += "|done"));
        source.addEventListener("error", () => {
          // CLOSED: it was answered 204, and does not come back.
          if (source.readyState === 2) console.log(text);
        });
        """;
    assertNode("eventsource", script);
  }

  @Test
  void npmFetchEventSource() throws Exception {
    requirePackage("@microsoft/fetch-event-source");
    String script =
        """
        globalThis.window = globalThis;
        globalThis.document = new EventTarget();
        const { fetchEventSource } = require("@microsoft/fetch-event-source");
        let text = "";
        let ended = false;
        fetchEventSource(process.argv[2], {
          openWhenHidden: true,
          onmessage(message) {
            if (!message.data && !message.event) return;
            ended ||= message.event === "done";
            text += ended ? "|done" : message.data;
          },
          onclose() {
            // It takes each end for the last one, a dead node's too.
            if (!ended) throw new Error("come again");
          },
        }).then(() => console.log(text));
        """;
    assertNode("fetch", script);
  }

  private static void requirePackage(String name) throws Exception {
    boolean isThere =
        Programs.find("node").isPresent()
            && start("node", "-e", "require.resolve('" + name + "')").waitFor() == 0;
    assumeTrue(isThere, "npm's " + name + " is not installed");
  }

  private static void assertNode(String question, String script) throws Exception {
    Path file = Files.writeString(folder.resolve(question + ".cjs"), script);
    // Node ends when nothing is left to do: no further request is planned.
    String said = run("node", file.toString(), ask(question).toString()).strip();
    assertTrue(said.endsWith("|done"), said);
    assertWhole(question, said.substring(0, said.indexOf("|done")));
  }

  private static Process start(String... command) throws IOException {
    return new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true).start();
  }

  private static String run(String... command) throws Exception {
    Path said = Files.createTempFile(folder, "said", "");
    Process process =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(said.toFile())
            .start();
    try {
      assertTrue(process.waitFor(40, TimeUnit.SECONDS), "it does not end");
      assertEquals(0, process.exitValue(), () -> "see " + said);
      return Files.readString(said);
    } finally {
      process.destroyForcibly();
    }
  }
}
