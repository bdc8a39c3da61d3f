package io.github.ssekit.event;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** The requirements of WHATWG HTML 9.2.5 and 9.2.6 on a parser, as one table. */
final class EventStreamSpecification {
  private EventStreamSpecification() {}

  /**
   * One row.
   *
   * @param input each character stands for one byte
   * @param anyLineEnds whether LF in the input stands for CR and CRLF too
   * @param expected the blocks, each event with its own id
   * @param lastEventIds the last event ID at each event
   */
  record Row(
      String clause,
      String description,
      String input,
      boolean anyLineEnds,
      List<Block> expected,
      List<String> lastEventIds) {

    Row(
        String clause,
        String description,
        String input,
        boolean anyLineEnds,
        List<Block> expected) {
      this(clause, description, input, anyLineEnds, expected, ids(expected));
    }

    private static List<String> ids(List<Block> blocks) {
      return events(blocks).stream().map(e -> Objects.requireNonNullElse(e.id(), "")).toList();
    }

    private static List<SseEvent> events(List<Block> blocks) {
      return blocks.stream().filter(SseEvent.class::isInstance).map(SseEvent.class::cast).toList();
    }

    /** A copy with these last event IDs, for a row where an event's own id differs. */
    Row lastEventIds(String... ids) {
      return new Row(clause, description, input, anyLineEnds, expected, List.of(ids));
    }

    byte[] input(LineEnd lineEnd) {
      return input.replace("\n", lineEnd.text).getBytes(ISO_8859_1);
    }

    List<LineEnd> lineEnds() {
      return anyLineEnds
          ? List.of(LineEnd.LF, LineEnd.CR, LineEnd.CRLF)
          : List.of(LineEnd.AS_WRITTEN);
    }

    /** Each event with the last event ID as its id, as the other parsers report it. */
    List<SseEvent> dispatched() {
      List<SseEvent> events = events(expected);
      return IntStream.range(0, events.size())
          .mapToObj(i -> events.get(i).withId(lastEventIds.get(i)))
          .toList();
    }

    @Override
    public String toString() {
      return clause + " " + description;
    }
  }

  enum LineEnd {
    LF("\n"),
    CR("\r"),
    CRLF("\r\n"),
    AS_WRITTEN("\n");

    private final String text;

    LineEnd(String text) {
      this.text = text;
    }
  }

  static final List<Row> ROWS =
      List.of(
          // Dispatch.
          row("9.2.6", "one event", "data: a\n\n", event("a")),
          row("9.2.6", "two events", "data: a\n\ndata: b\n\n", event("a"), event("b")),
          row("9.2.6", "data lines are joined by LF", "data: a\ndata: b\n\n", event("a\nb")),
          row("9.2.6", "trailing empty data line is kept", "data: a\ndata:\n\n", event("a\n")),
          row("9.2.6", "leading empty data line is kept", "data:\ndata: a\n\n", event("\na")),
          row("9.2.6", "one empty data line fires empty data", "data:\n\n", event("")),
          row("9.2.6", "one data field without colon fires empty data", "data\n\n", event("")),
          row("9.2.6", "two data fields without colon are one LF", "data\ndata\n\n", event("\n")),
          row("9.2.6", "a block without data does not fire", "event: x\nid: 1\n\n"),
          row("9.2.6", "an empty stream has nothing", ""),
          row("9.2.6", "blank lines alone fire nothing", "\n\n\n"),
          row("9.2.6", "blank lines before and between", "\n\ndata: a\n\n\n\n", event("a")),
          row("9.2.6", "unfinished block at the end", "data: a\n\ndata: b\n", event("a")),
          row("9.2.6", "unfinished line at the end", "data: a\n\ndata: b", event("a")),
          row(
              "9.2.6",
              "data of two blocks is not mixed",
              "data: a\n\ndata\n\n",
              event("a"),
              event("")),
          row(
              "9.2.6",
              "lines in between don't part data",
              "data: a\n: c\nx\ndata: b\n\n",
              new Comment("c"),
              event("a\nb")),

          // Values.
          row("9.2.6", "no space after the colon", "data:a\n\n", event("a")),
          row("9.2.6", "only one leading space is removed", "data:  a\n\n", event(" a")),
          row("9.2.6", "a value of one space is empty", "data: \n\n", event("")),
          row("9.2.6", "a tab is not removed", "data:\ta\n\n", event("\ta")),
          row("9.2.6", "trailing space is kept", "data: a \n\n", event("a ")),
          row("9.2.6", "colons in a value are kept", "data: a:b: c\n\n", event("a:b: c")),
          row("9.2.6", "a value of one colon", "data::\n\n", event(":")),
          row("9.2.6", "NUL in data is kept", "data: a\0b\n\n", event("a\0b")),
          row(
              "9.2.5",
              "NEL, LS, PS, VT and FF end no line",
              "data: a\u0085\u2028\u2029\u000B\fb\n\n",
              event("a\u0085\u2028\u2029\u000B\fb")),

          // Field names.
          row("9.2.6", "unknown field is ignored", "foo: x\ndata: a\n\n", event("a")),
          row("9.2.6", "names are case-sensitive", "Data: x\nDATA: y\ndata: a\n\n", event("a")),
          row("9.2.6", "a longer name is another", "dataset: x\ndatas\nevents: y\nids: 3\n\n"),
          row(
              "9.2.6",
              "a shorter name is another",
              "dat: x\neven: y\ni: 3\nd\ndata: a\n\n",
              event("a")),
          row("9.2.6", "space before the name", " data: x\n\n"),
          row("9.2.6", "space before the colon", "data : x\n\n"),
          row("9.2.6", "a name of nothing is a comment", ":data: x\n\n", new Comment("data: x")),

          // Event type.
          row("9.2.6", "event type", "event: add\ndata: a\n\n", event("add", "a", null)),
          row(
              "9.2.6",
              "event type after the data",
              "data: a\nevent: add\n\n",
              event("add", "a", null)),
          row(
              "9.2.6",
              "the last event type counts",
              "event: x\nevent: y\ndata: a\n\n",
              event("y", "a", null)),
          row(
              "9.2.6",
              "event type resets",
              "event: x\ndata: a\n\ndata: b\n\n",
              event("x", "a", null),
              event("b")),
          row("9.2.6", "event type resets without data too", "event: x\n\ndata: b\n\n", event("b")),
          row("9.2.6", "empty event type is message", "event: x\nevent:\ndata: a\n\n", event("a")),
          row(
              "9.2.6",
              "event type message is the default",
              "event: message\ndata: a\n\n",
              event("a")),
          row(
              "9.2.6",
              "event without colon is message",
              "event: x\nevent\ndata: a\n\n",
              event("a")),
          row(
              "9.2.6",
              "event types open and error are legal",
              "event: open\ndata\n\nevent: error\ndata\n\n",
              event("open", "", null),
              event("error", "", null)),

          // Last event ID.
          row("9.2.6", "id", "id: 1\ndata: a\n\n", event(null, "a", "1")),
          row("9.2.6", "id after the data", "data: a\nid: 1\n\n", event(null, "a", "1")),
          row(
                  "9.2.6",
                  "id persists",
                  "id: 1\ndata: a\n\ndata: b\n\n",
                  event(null, "a", "1"),
                  event("b"))
              .lastEventIds("1", "1"),
          row("9.2.6", "id of a block without data persists", "id: 1\n\ndata: b\n\n", event("b"))
              .lastEventIds("1"),
          row(
              "9.2.6",
              "empty id resets",
              "id: 1\ndata: a\n\nid:\ndata: b\n\n",
              event(null, "a", "1"),
              event(null, "b", "")),
          row(
              "9.2.6",
              "id without colon resets",
              "id: 1\ndata: a\n\nid\ndata: b\n\n",
              event(null, "a", "1"),
              event(null, "b", "")),
          row(
              "9.2.6",
              "id with NUL is ignored",
              "id: 1\nid: 2\0\nid: \0\ndata: a\n\n",
              event(null, "a", "1")),
          row(
                  "9.2.6",
                  "id with NUL leaves the one before",
                  "id: 1\ndata: a\n\nid: 2\0\ndata: b\n\n",
                  event(null, "a", "1"),
                  event("b"))
              .lastEventIds("1", "1"),
          row("9.2.6", "the last id counts", "id: 1\nid: 2\ndata: a\n\n", event(null, "a", "2")),
          row(
              "9.2.6",
              "id keeps its second space",
              "id:  1 \ndata: a\n\n",
              event(null, "a", " 1 ")),
          row("9.2.6", "id beyond ASCII", "id: é☃\ndata: a\n\n", event(null, "a", "é☃")),

          // Reconnection time.
          row("9.2.6", "retry", "retry: 3000\n\n", retry(3000)),
          row("9.2.6", "retry counts at its line", "retry: 0\ndata: a\nretry: 1", retry(0)),
          row("9.2.6", "retry with leading zeros is decimal", "retry: 0010\n", retry(10)),
          row(
              "9.2.6",
              "retry of no digits is ignored",
              "retry:\nretry\nretry: a\nretry: 1a\nretry: 1.5\n\n"),
          row(
              "9.2.6",
              "retry with sign or spaces is ignored",
              "retry: -1\nretry: +1\nretry:  1\nretry: 1 \n\n"),
          row("9.2.6", "retry in other digits is ignored", "retry: ١٢\n\n"),
          row(
              "9.2.6",
              "retry of the greatest value",
              "retry: 2147483647\n",
              retry(Integer.MAX_VALUE)),
          row(
              "9.2.6",
              "retry beyond it is cut to it",
              "retry: 2147483648\nretry: 99999999999999999999\n",
              retry(Integer.MAX_VALUE),
              retry(Integer.MAX_VALUE)),
          row(
              "9.2.6",
              "retry does not part a block",
              "data: a\nretry: 5\ndata: b\n\n",
              retry(5),
              event("a\nb")),

          // Comments.
          row("9.2.5", "comment", ": hi\n\n", new Comment("hi")),
          row("9.2.5", "empty comment", ":\n\n", new Comment("")),
          row("9.2.5", "comment of a space", ": \n", new Comment("")),
          row("9.2.5", "comment without space", ":hi\n", new Comment("hi")),
          row("9.2.5", "comment of colons", "::\n", new Comment(":")),
          row("9.2.5", "comment counts at its line", ": a\n: b", new Comment("a")),

          // Line ends.
          asWritten(
              "9.2.5",
              "the three line ends, mixed",
              "data: a\rdata: b\ndata: c\r\n\rdata: d\n\r\n",
              event("a\nb\nc"),
              event("d")),
          asWritten("9.2.5", "CRLF is one line end", "data: a\r\ndata: b\r\n\r\n", event("a\nb")),
          asWritten(
              "9.2.5", "LF CR is two line ends", "data: a\n\rdata: b\n\n", event("a"), event("b")),
          asWritten(
              "9.2.5",
              "CR CR LF is two line ends",
              "data: a\r\r\ndata: b\r\r\n",
              event("a"),
              event("b")),
          asWritten(
              "9.2.5",
              "CRLF LF is two line ends",
              "data: a\r\n\ndata: b\n\n",
              event("a"),
              event("b")),

          // Encoding.
          row("9.2.5", "leading BOM is skipped", "\uFEFFdata: a\n\n", event("a")),
          row("9.2.5", "only one BOM is skipped", "\uFEFF\uFEFFdata: a\ndata: b\n\n", event("b")),
          row("9.2.5", "a later BOM is no BOM", "data: a\n\n\uFEFFdata: b\n\n", event("a")),
          row("9.2.5", "BOM before a blank line", "\uFEFF\ndata: a\n\n", event("a")),
          row("9.2.5", "BOM before a comment", "\uFEFF: c\n", new Comment("c")),
          row(
              "9.2.5",
              "BOM in data is kept",
              "data: \uFEFFa\ndata:\uFEFF\n\n",
              event("\uFEFFa\n\uFEFF")),
          row("9.2.5", "BOM alone is nothing", "\uFEFF"),
          bytes(
              "Encoding 4.2",
              "part of a BOM is part of the first line",
              "\u00EF\u00BBdata: a\ndata: b\n\n",
              event("b")),
          row("9.2.5", "characters of 2, 3 and 4 bytes", "data: é☃😀\n\n", event("é☃😀")),
          bytes(
              "Encoding 8.1.1",
              "ill-formed bytes are replaced",
              "data: a\u00FFb\u00C3\n\n",
              event("a\uFFFDb\uFFFD")),
          bytes(
              "Encoding 8.1.1",
              "a cut character ends with its line",
              "data: \u00E2\u0098\ndata: \u0083\n\n",
              event("\uFFFD\n\uFFFD")),
          bytes(
              "Encoding 8.1.1",
              "an encoded surrogate is three errors",
              "data: \u00ED\u00A0\u0080\n\n",
              event("\uFFFD\uFFFD\uFFFD")),
          bytes(
              "Encoding 8.1.1",
              "ill-formed event type and id",
              "event: \u0080\nid: \u0081\ndata\n\n",
              event("\uFFFD", "", "\uFFFD")));

  static SseEvent event(String data) {
    return event(null, data, null);
  }

  static SseEvent event(@Nullable String type, String data, @Nullable String id) {
    return new SseEvent(type, data, id);
  }

  static ReconnectionTime retry(long millis) {
    return new ReconnectionTime(Duration.ofMillis(millis));
  }

  private static Row row(String clause, String description, String input, Block... expected) {
    return new Row(clause, description, utf8(input), true, List.of(expected));
  }

  /** A row whose line ends are under test. */
  private static Row asWritten(String clause, String description, String input, Block... expected) {
    return new Row(clause, description, utf8(input), false, List.of(expected));
  }

  /** The input's characters stand for bytes. */
  private static Row bytes(String clause, String description, String input, Block... expected) {
    return new Row(clause, description, input, true, List.of(expected));
  }

  private static String utf8(String s) {
    return new String(s.getBytes(UTF_8), ISO_8859_1);
  }
}
