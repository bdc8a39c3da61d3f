package io.github.ssekit.redis;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.github.ssekit.hub.Position;
import io.github.ssekit.hub.Start;
import io.github.ssekit.hub.StreamReset;
import io.github.ssekit.hub.StreamReset.Reason;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Pages that are made of replies of {@code page.lua}, for a client at 10. */
class PageTest {
  private static final List<String> CHANNELS = List.of("a", "b");

  @Test
  void entriesThatNameEachOtherAreComplete() {
    Page page = page("30-0", "", channel("25-0", entry(15, 10), entry(25, 15)), channel("9-0"));
    assertEquals(List.of(), page.resets());
    assertEquals(List.of("a15", "a25"), events(page));
    assertEquals(at(30), page.upTo());
  }

  @Test
  void whatIsKeptFollowsAResetOfEverything() {
    // Redis came back at 16 without its newest events and stored 40 and 41. Then a node proved the
    // loss.
    Page page =
        page(
            "60-0",
            "50-0",
            channel("55-0", entry(15, 9), entry(40, 15), entry(55, 40)),
            channel("41-0", entry(16, 8), entry(41, 16)));
    assertNull(page.broken());
    assertEquals(List.of(new StreamReset(null, Reason.LOST, null, at(50))), page.resets());
    assertEquals(List.of("a15", "b16", "a40", "b41", "a55"), events(page));
    assertEquals(at(60), page.upTo());
  }

  @Test
  void aFirstEventAfterAFlushNamesTheFloorWhichIsToldOnce() {
    Page page = page("60-0", "50-0", channel("55-0", entry(55, 50)), channel(""));
    assertEquals(List.of(new StreamReset(null, Reason.LOST, null, at(50))), page.resets());
    assertEquals(List.of("a55"), events(page));
  }

  @Test
  void aGapBeyondTheFloorIsToldOfItsChannelToo() {
    Page page = page("60-0", "50-0", channel("58-0", entry(58, 55)), channel(""));
    assertEquals(
        List.of(
            new StreamReset(null, Reason.LOST, null, at(50)),
            new StreamReset("a", Reason.TRIMMED, at(10), at(55))),
        page.resets());
    assertEquals(List.of("a58"), events(page));
  }

  @Test
  void anIdAboveTheClockIsNoneThatIsKnown() {
    Page page = page("9-0", "", channel("9-0"), channel(""));
    assertEquals(Reason.UNKNOWN_ID, page.broken());
    assertEquals(at(9), page.upTo());
  }

  private static Page newcomer(Start start, String floor, String floorOfChannel) {
    return newcomer(start, floor, floorOfChannel, entry(40, 30), entry(55, 40));
  }

  private static Page newcomer(
      Start start, String floor, String floorOfChannel, List<?>... entries) {
    Merge merge = new Merge(Map.of("a", start), 1 << 20, null);
    merge.add(
        List.of("a"),
        List.of(
            bytes("60-0"),
            bytes(floor),
            bytes(""),
            bytes("55-0"),
            bytes(floorOfChannel),
            0L,
            List.of(entries)));
    return merge.page();
  }

  @Test
  void floorsThatStandAreNoLossToANewcomer() {
    Page first = newcomer(Start.ALL, "50-0", "52-0");
    assertEquals(List.of(), first.resets());
    assertEquals(List.of("a40", "a55"), events(first));
    // The stream no longer exists, so a reset is due whatever the floor.
    Start after = Start.after(at(40)).withSince(at(60));
    assertEquals(
        List.of(new StreamReset("a", Reason.TRIMMED, at(40), at(55))),
        newcomer(after, "", "58-0", new List<?>[0]).resets());
    Start next = Start.after(at(35));
    assertEquals(List.of(), newcomer(next.withSince(at(52)), "50-0", "52-0").resets());
    assertEquals(
        List.of(new StreamReset("a", Reason.LOST, null, at(52))),
        newcomer(next.withSince(at(51)), "50-0", "52-0").resets());
    assertEquals(
        List.of(new StreamReset(null, Reason.LOST, null, at(50))),
        newcomer(next.withSince(at(49)), "50-0", "").resets());
    assertEquals(
        Map.of("a", Start.after(at(60)).withSince(at(60))),
        newcomer(Start.ALL, "", "").next(Map.of("a", Start.ALL)));
  }

  /** An event of "b" came between the two replies. */
  @Test
  void aNewcomerMissesNothingBetweenTheRepliesOfItsFirstPage() {
    Map<String, Start> starts = Map.of("a", Start.last(1), "b", Start.NOW);
    Merge merge = new Merge(starts, 1 << 20, null);
    merge.add(List.of("a"), reply("60-0", channel("55-0", entry(55, 40))));
    merge.add(List.of("b"), reply("70-0", channel("65-0")));
    Page page = merge.page();
    assertEquals(List.of(), page.resets());
    assertEquals(List.of("a55"), events(page));
    assertEquals(at(60), page.upTo());
    Start next = Start.after(at(60)).withSince(at(60));
    assertEquals(Map.of("a", next, "b", next), page.next(starts));
  }

  private static List<Object> reply(String clock, List<?> channel) {
    List<Object> reply = new ArrayList<>(List.of(bytes(clock), bytes(""), bytes("")));
    reply.addAll(channel);
    return reply;
  }

  private static Position at(long milliseconds) {
    return new Position(milliseconds, 0);
  }

  private static Page page(String clock, String floor, List<?> a, List<?> b) {
    List<Object> reply = new ArrayList<>(List.of(bytes(clock), bytes(floor), bytes("")));
    reply.addAll(a);
    reply.addAll(b);
    Merge merge = new Merge(at(10), 1 << 20, null);
    merge.add(CHANNELS, reply);
    return merge.page();
  }

  private static List<?> channel(String last, List<?>... entries) {
    return List.of(bytes(last), bytes(""), 0L, List.of(entries));
  }

  private static List<?> entry(long id, long prev) {
    return List.of(
        bytes(id + "-0"),
        List.of(bytes("p"), bytes(prev + "-0"), bytes("t"), bytes(""), bytes("d"), bytes("" + id)));
  }

  private static List<String> events(Page page) {
    return page.events().stream().map(e -> e.channel() + e.event().data()).toList();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }
}
