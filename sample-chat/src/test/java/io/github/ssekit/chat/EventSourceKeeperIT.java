package io.github.ssekit.chat;

import static io.github.ssekit.chat.Browser.soon;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The page's keeper of event streams, in a real browser, against scripted responses. */
@Tag("page")
class EventSourceKeeperIT {
  private static ScriptedOrigin origin;
  private static Browser browser;

  private String path = "";

  @BeforeAll
  static void start() throws Exception {
    Browser.requireInstalled();
    origin = new ScriptedOrigin();
    browser = Browser.start();
  }

  @AfterAll
  static void stop() throws Exception {
    for (AutoCloseable started : new AutoCloseable[] {browser, origin}) {
      if (started != null) {
        started.close();
      }
    }
  }

  @BeforeEach
  void open(TestInfo test) {
    path = "/" + test.getTestMethod().orElseThrow().getName() + test.getDisplayName().hashCode();
    open(origin.page());
  }

  private static void open(URI page) {
    browser.open(page);
    browser.evaluate(
        """
        window.keepers = {};
        window.keep = (name, path, options) => {
          const keeper = new EventSourceKeeper(path, { share: true, ...options });
          keepers[name] = keeper;
          keeper.log = [];
          keeper.states = [];
          keeper.onmessage = (event) => keeper.log.push(event.data);
          keeper.onstatechange = () => {
            keeper.states.push(keeper.state);
            keeper.wait = keeper.retryAt - Date.now();
          };
        }
        """);
  }

  /** The bytes of a stream, one per character, and the number of events in them. */
  record Row(String description, String bytes, int events) {
    @Override
    public String toString() {
      return description;
    }
  }

  static Stream<Row> rows() {
    return Stream.of(
        row("one event", "data: a\n\n", 1),
        row("data lines", "data: a\ndata:b\ndata\ndata:  c \n\n", 1),
        row("empty data", "data:\n\ndata\n\ndata: \n\n", 3),
        row("no data", "event: add\nid: 1\n\n\n\nid\n\ndata: a\n\n", 1),
        row("unfinished block", "data: a\n\ndata: b\n", 1),
        row("unfinished line", "data: a\n\ndata: b", 1),
        row("colons", "data: a:b: c\n\ndata::\n\n", 2),
        row("event types", "event: add\ndata: a\n\ndata: b\n\nevent\ndata: c\n\n", 3),
        row("last event type", "event: x\nevent: add\ndata: a\n\nevent: add\nevent:\ndata\n\n", 2),
        row("ids", "id: 1\ndata: a\n\ndata: b\n\nid: 2\n\ndata: c\n\nid:\ndata: d\n\n", 4),
        row("same id twice, and a lower one", "id: 2\ndata\n\nid: 2\ndata\n\nid: 1\ndata\n\n", 3),
        row("ids of any kind", "id: é ☃ \ndata: a\n\nid: b\ndata: b\n\nid: a\ndata: c\n\n", 3),
        row("id with NUL", "id: 1\nid: 2\0\nid: \0\ndata: a\0b\n\n", 1),
        row("comments", ": c\n:\ndata: a\n:data: x\ndata: b\n\n:\n\n", 1),
        row("other fields", "Data: x\n data: x\ndata : x\ndatas\ndat: x\nid2: x\ndata: a\n\n", 1),
        row("retry among data", "data: a\nretry: 100\nretry: x\ndata: b\n\n", 1),
        row("other line ends of Unicode", "data: a\u0085\u2028\u2029\u000B\fb\n\n", 1),
        row("line ends, mixed", "data: a\rdata: b\ndata: c\r\n\rdata: d\n\r\ndata: e\r\r\n", 3),
        row("byte order mark", "\uFEFFdata: a\n\n\uFEFFdata: b\n\n", 1),
        row("two byte order marks", "\uFEFF\uFEFFdata: a\ndata: b\n\n", 1),
        row("byte order mark in data", "data: \uFEFFa\ndata:\uFEFF\n\n", 1),
        row("characters of 2, 3 and 4 bytes", "data: é☃😀\nevent: add\n\ndata: 😀\n\n", 2),
        new Row("ill-formed bytes", "data: a\u00FFb\u00C3\ndata: \u00E2\u0098\n\n", 1));
  }

  private static Row row(String description, String text, int events) {
    return new Row(description, new String(text.getBytes(UTF_8), ISO_8859_1), events);
  }

  /** The browser's own parser is the measure. */
  @ParameterizedTest
  @MethodSource("rows")
  void parsesWhateverWayItIsCutAsTheBrowserDoes(Row row) {
    boolean asWritten = row.bytes.contains("\r");
    for (String lineEnd : asWritten ? List.of("\n") : List.of("\n", "\r", "\r\n")) {
      String bytes = row.bytes.replace("\n", lineEnd);
      Object read =
          browser.evaluate(
              """
              const [url] = arguments;
              const fetched = window.fetch;
              function collect(source, events) {
                for (const type of ["message", "add", "x"]) {
                  source.addEventListener(type, (e) => events.push([e.type, e.data, e.lastEventId]));
                }
                return events;
              }
              function native() {
                return new Promise((resolve) => {
                  const source = new EventSource(url);
                  const events = collect(source, []);
                  source.onerror = () => (source.close(), resolve(events));
                });
              }
              function kept(size) {
                window.fetch = async (...request) => {
                  const bytes = new Uint8Array(await (await fetched(...request)).arrayBuffer());
                  let at = 0;
                  const pull = (stream) => {
                    if (at >= bytes.length) return stream.close();
                    stream.enqueue(bytes.slice(at, (at += size)));
                  };
                  const headers = { "Content-Type": "text/event-stream" };
                  return new Response(new ReadableStream({ pull }), { headers });
                };
                return new Promise((resolve) => {
                  const keeper = new EventSourceKeeper(url, { share: false });
                  const events = collect(keeper, []);
                  keeper.onstatechange = () => {
                    if (keeper.state === "waiting") {
                      keeper.close();
                      resolve(events);
                    }
                  };
                });
              }
              return (async () => {
                const all = [await native()];
                for (const size of [1, 2, 3, 1000]) all.push(await kept(size));
                window.fetch = fetched;
                return all;
              })();
              """,
              "/bytes?" + URLEncoder.encode(bytes, ISO_8859_1));
      List<?> all = (List<?>) read;
      assertEquals(row.events, ((List<?>) all.get(0)).size(), () -> "events of " + all.get(0));
      for (Object kept : all.subList(1, 5)) {
        assertEquals(all.get(0), kept);
      }
    }
  }

  @Test
  void aPositionWithoutDataIsKnownAndTakenToTheNextConnection() throws Exception {
    keep("a", Map.of());
    ScriptedOrigin.Request first = origin.next(path);
    assertEquals("", first.query());
    first.send("retry: 0\nid: 7-1\n\n");
    soon().until(() -> "7-1".equals(of("a", "lastEventId")));
    first.end();
    assertEquals("lastEventId=7-1", origin.next(path).query());
  }

  @Test
  void idsAreTakenToTheNextConnectionWhateverTheyHold() throws Exception {
    keep("a", Map.of("lastEventId", "é☃&x=1 +#"));
    origin.next(path).refuse(500);
    assertEquals("lastEventId=é☃&x=1 +#", origin.next(path).query());
  }

  @ParameterizedTest
  @ValueSource(ints = {200, 301, 302, 404, 500, 502, 503})
  void anAnswerThatIsNoEventStreamIsTriedAgain(int status) throws Exception {
    keep("a", Map.of());
    origin.next(path).refuse(status, "Content-Type", "text/html");
    origin.next(path).send("data: here\n\n");
    awaitLog("a", "here");
    assertEquals(List.of("connecting", "waiting", "connecting", "open"), of("a", "states"));
    assertEquals(200L, of("a", "status"));
  }

  @ParameterizedTest
  @ValueSource(ints = {204, 401, 403, 410})
  void anAnswerThatIsMeantForGoodEndsItUntilAPageAsksAnew(int status) throws Exception {
    keep("a", Map.of());
    keep("b", Map.of());
    origin.next(path).refuse(status);
    soon()
        .until(
            () -> {
              // A page that joins after the refusal asks anew.
              Optional<ScriptedOrigin.Request> late = origin.poll(path);
              if (late.isPresent()) {
                late.get().refuse(status);
              }
              return "closed".equals(of("a", "state")) && "closed".equals(of("b", "state"));
            });
    assertEquals((long) status, of("a", "status"));
    browser.evaluate("keepers.a.retry()");
    keep("c", Map.of("lastEventId", "3"));
    ScriptedOrigin.Request next = origin.next(path);
    assertEquals("lastEventId=3", next.query());
    next.send("data: here\n\n");
    awaitLog("c", "here");
    assertEquals(List.of(), of("a", "log"));
  }

  @Test
  void theServersTimesAreKeptWithSomeJitterOnTop() throws Exception {
    keep("a", Map.of());
    origin.next(path).refuse(503, "Retry-After", "30");
    soon().until(() -> "waiting".equals(of("a", "state")));
    assertWait(30_000);
    browser.evaluate("keepers.a.retry()");
    origin.next(path).send("retry: 40000\n\n").end();
    soon().until(() -> List.of("waiting", "connecting", "open", "waiting").equals(last(4)));
    assertWait(40_000);
  }

  private static void assertWait(long asked) {
    long wait = ((Number) of("a", "wait")).longValue();
    assertTrue(wait > asked - 5_000 && wait <= asked + 4_000, () -> wait + " ms for " + asked);
  }

  private static List<?> last(int count) {
    List<?> states = (List<?>) of("a", "states");
    return states.subList(Math.max(0, states.size() - count), states.size());
  }

  @ParameterizedTest
  @ValueSource(strings = {"window 'online'", "document 'visibilitychange'"})
  void theBrowserBackOnlineOrThePageInSightEndsAWait(String what) throws Exception {
    keep("a", Map.of());
    origin.next(path).refuse(503, "Retry-After", "3600");
    soon().until(() -> "waiting".equals(of("a", "state")));
    browser.evaluate(
        what.split(" ", -1)[0] + ".dispatchEvent(new Event(" + what.split(" ", -1)[1] + "))");
    soon()
        .until(
            () -> {
              // The keeper gives up a request that has no response after half a second, and sends
              // another.
              Optional<ScriptedOrigin.Request> request = origin.poll(path);
              if (request.isPresent()) {
                try {
                  request.get().send("data: here\n\n");
                } catch (IOException e) {
                  // The keeper has given up the request.
                }
              }
              return List.of("here").equals(of("a", "log"));
            });
  }

  @Test
  void aConnectionThatIsSilentForTooLongIsGivenUp() throws Exception {
    keep("a", Map.of("silence", 5_000));
    origin.next(path).send("retry: 0\nid: 4\ndata: last\n\n");
    ScriptedOrigin.Request second = origin.next(path);
    assertEquals("lastEventId=4", second.query());
    second.send("id: 5\ndata: here\n\n");
    awaitLog("a", "last", "here");
  }

  @Test
  void whoJoinsGetsWhatIsNewToItAndNothingTwice() throws Exception {
    keep("a", Map.of("lastEventId", "5-0"));
    ScriptedOrigin.Request first = origin.next(path);
    first.send("id: 6-0\ndata: six\n\nid: 7-0\ndata: seven\n\n");
    awaitLog("a", "six", "seven");

    keep("inside", Map.of("lastEventId", "6-0"));
    keep("ahead", Map.of("lastEventId", "8-0"));
    keep("new", Map.of());
    awaitLog("inside", "seven");
    soon().until(() -> "7-0".equals(of("new", "lastEventId")));
    soon().until(() -> "open".equals(of("ahead", "state")));
    first.send("data: no id either\n\n");
    awaitLog("ahead", "no id either");
    first.send("id: 8-0\ndata: eight\n\ndata: no id\n\nid: 10-0\ndata: ten\n\n");
    awaitLog("a", "six", "seven", "no id either", "eight", "no id", "ten");
    awaitLog("inside", "seven", "no id either", "eight", "no id", "ten");
    awaitLog("ahead", "no id either", "no id", "ten");
    awaitLog("new", "no id either", "eight", "no id", "ten");

    keep("before", Map.of("lastEventId", "4-0"));
    ScriptedOrigin.Request second = origin.next(path);
    assertEquals("lastEventId=4-0", second.query());
    second.send("id: 5-0\ndata: five\n\nid: 6-0\ndata: six\n\nid: 11-0\ndata: eleven\n\n");
    awaitLog("before", "five", "six", "eleven");
    awaitLog("a", "six", "seven", "no id either", "eight", "no id", "ten", "eleven");
    awaitLog("ahead", "no id either", "no id", "ten", "eleven");
    assertEquals("11-0", of("ahead", "lastEventId"));
  }

  /** After an upgrade, a newly opened tab has the script from another address. */
  @Test
  void aTabThatHasTheScriptFromAnotherAddressHasItsOwnConnection() throws Exception {
    keep("a", Map.of());
    origin.next(path).send("id: 1\ndata: one\n\n");
    awaitLog("a", "one");
    browser.evaluate(
        """
        const script = document.createElement("script");
        script.src = "/keeper.js?other";
        script.onload = () => (window.hasOther = true);
        document.head.append(script);
        """);
    soon().until(() -> Boolean.TRUE.equals(browser.evaluate("return window.hasOther === true")));
    keep("b", Map.of());
    origin.next(path).send("id: 2\ndata: two\n\n");
    awaitLog("b", "two");
    assertEquals(List.of("one"), of("a", "log"));
  }

  /** A stream may begin with events for a newcomer, and belongs to one user. */
  @Test
  void tabsShareIfTheyNameAPositionAndTheSameUser() throws Exception {
    browser.evaluate("keep('a', arguments[0], { share: undefined })", path);
    ScriptedOrigin.Request first = origin.next(path);
    first.send("id: 1\ndata: first state\n\n");
    browser.evaluate("keep('b', arguments[0], { share: undefined })", path);
    origin.next(path).send("id: 1\ndata: first state\n\n");
    awaitLog("a", "first state");
    awaitLog("b", "first state");
    keep("ann", Map.of("lastEventId", "1", "share", "ann"));
    origin.next(path).send("id: 2\ndata: for Ann\n\n");
    awaitLog("ann", "for Ann");
    keep("bob", Map.of("lastEventId", "1", "share", "bob"));
    origin.next(path).send("id: 2\ndata: for Bob\n\n");
    awaitLog("bob", "for Bob");
    keep("ann too", Map.of("lastEventId", "1", "share", "ann"));
    awaitLog("ann too", "for Ann");
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "Infinity"})
  void aServerMayBeSilentForEver(String silence) throws Exception {
    browser.evaluate("keep('a', arguments[0], { silence: " + silence + " })", path);
    origin.next(path).send("data: here\n\n");
    awaitLog("a", "here");
  }

  @Test
  void aServerThatGoesBackToEarlierIdsIsFollowed() throws Exception {
    keep("a", Map.of("lastEventId", "9-0"));
    ScriptedOrigin.Request first = origin.next(path);
    first.send("id: 2-0\nevent: stream-reset\ndata\n\nid: 3-0\ndata: three\n\n");
    awaitLog("a", "three");
    assertEquals("3-0", of("a", "lastEventId"));
    keep("b", Map.of("lastEventId", "2-0"));
    awaitLog("b", "three");
  }

  @Test
  void aKeeperThatIsClosedHearsNothingAndTheLastOneEndsTheConnection() throws Exception {
    keep("a", Map.of());
    ScriptedOrigin.Request first = origin.next(path);
    first.send("id: 1\ndata: one\n\n");
    awaitLog("a", "one");
    keep("b", Map.of("lastEventId", "1"));
    soon().until(() -> "open".equals(of("b", "state")));
    browser.evaluate("keepers.a.close()");
    first.send("id: 2\ndata: two\n\n");
    awaitLog("b", "two");
    assertEquals(List.of("one"), of("a", "log"));
    assertEquals("closed", of("a", "state"));

    browser.evaluate("keepers.b.close()");
    soon().until(() -> isCut(first));
    keep("c", Map.of("lastEventId", "2"));
    assertEquals("lastEventId=2", origin.next(path).query());
  }

  @Test
  void aHandlerThatThrowsMissesNoEvent() throws Exception {
    keep("a", Map.of());
    browser.evaluate(
        """
        const keeper = keepers.a;
        keeper.onmessage = (event) => {
          keeper.log.push(event.data);
          throw new Error(event.data);
        };
        keeper.onstatechange = () => {
          throw new Error(keeper.state);
        };
        """);
    origin.next(path).send("data: a\n\ndata: b\n\n");
    awaitLog("a", "a", "b");
  }

  @Test
  void aKeeperMayBeClosedByItsOwnHandler() throws Exception {
    keep("a", Map.of());
    browser.evaluate(
        """
        const keeper = keepers.a;
        keeper.closes = 0;
        keeper.onstatechange = () => {
          if (keeper.state !== "closed") return;
          keeper.closes++;
          keeper.close();
        };
        """);
    origin.next(path).refuse(204);
    soon().until(() -> "closed".equals(of("a", "state")));
    assertEquals(1L, of("a", "closes"));
  }

  @Test
  void aPageWhoseBrowserThrowsAtAWorkerReadsTheStreamItself() throws Exception {
    browser.evaluate(
        "window.SharedWorker = class { constructor() { throw new DOMException('denied'); } }");
    keep("a", Map.of());
    origin.next(path).send("data: here\n\n");
    awaitLog("a", "here");
  }

  @Test
  void aPageThatMayHaveNoWorkerReadsTheStreamItself() throws Exception {
    open(origin.workerless());
    keep("a", Map.of("lastEventId", "3"));
    keep("b", Map.of("lastEventId", "4"));
    ScriptedOrigin.Request first = origin.next(path);
    ScriptedOrigin.Request second = origin.next(path);
    assertEquals(Set.of("lastEventId=3", "lastEventId=4"), Set.of(first.query(), second.query()));
    first.send("data: here\n\n");
    second.send("data: here\n\n");
    awaitLog("a", "here");
    awaitLog("b", "here");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aPageThatIsLeftEndsItsConnectionThoughTheBrowserKeepsThePage(boolean share)
      throws Exception {
    try (Browser caching = Browser.startWithPageCache()) {
      caching.open(origin.page());
      caching.evaluate(
          """
          const [path, share] = arguments;
          window.keeper = new EventSourceKeeper(path, { share });
          window.log = [];
          keeper.onmessage = (event) => log.push(event.data);
          addEventListener("pageshow", (event) => (window.wasKept = event.persisted));
          """,
          path,
          share);
      ScriptedOrigin.Request first = origin.next(path);
      first.send("id: 1\ndata: one\n\n");
      soon().until(() -> List.of("one").equals(caching.evaluate("return log")));

      caching.open(URI.create(origin.page() + "?other"));
      soon().until(() -> isCut(first));
      if (!share) { // The browser keeps no page whose worker holds a lock.
        caching.evaluate("setTimeout(() => history.back())");
        soon().until(() -> Boolean.TRUE.equals(caching.evaluate("return window.wasKept === true")));
        ScriptedOrigin.Request second = origin.next(path);
        assertEquals("lastEventId=1", second.query());
        second.send("id: 2\ndata: two\n\n");
        soon().until(() -> List.of("one", "two").equals(caching.evaluate("return log")));
      }
    }
  }

  /** As docs/start.md says: otherwise Chromium keeps the connection as long as the page. */
  @Test
  void aPageWithAnEventSourceEndsItWhenItIsLeft() throws Exception {
    try (Browser caching = Browser.startWithPageCache()) {
      caching.open(origin.page());
      String example = Snippets.of("docs/start.md", "js").get(0);
      caching.evaluate(
          "window.source = new EventSource(arguments[0]); const source = window.source; " + example,
          path);
      ScriptedOrigin.Request first = origin.next(path);
      first.send("data: one\n\n");
      caching.open(URI.create(origin.page() + "?other"));
      soon().until(() -> isCut(first));
    }
  }

  private static boolean isCut(ScriptedOrigin.Request request) {
    try {
      request.send(":\n\n");
      return false;
    } catch (IOException e) {
      return true;
    }
  }

  private void keep(String name, Map<String, ?> options) {
    browser.evaluate("keep(...arguments)", name, path, options);
  }

  private static Object of(String name, String field) {
    return browser.evaluate("return keepers[arguments[0]][arguments[1]]", name, field);
  }

  private static void awaitLog(String name, String... data) {
    soon().untilAsserted(() -> assertEquals(List.of(data), of(name, "log")));
  }
}
