package io.github.ssekit.redis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.ssekit.hub.Position;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * The rules of {@code docs/delivery.md} and of the decisions 10, 11 and 19. Each rule is a {@link
 * ProtocolScript} and the decision of its last step. Rules of the scripts in Redis are not here.
 */
class PositionProtocolTest {
  /** A node that follows channels a and b from 10 on. */
  private static final String FOLLOWING = "open a b; connect a b; acks a b; own 10; a12<9; b14<8; ";

  /** The same node with a second connection whose channels are acknowledged. */
  private static final String BACK = FOLLOWING + "connect a b; acks a b; ";

  private record Rule(String name, String script, String decision) {}

  private static final List<Rule> RULES =
      List.of(
          // Attaching.
          new Rule(
              "a node probes once every channel is acknowledged",
              "open a b; connect a b; acks a; acks b",
              "probes"),
          new Rule(
              "a node does not probe before every channel is acknowledged",
              "open a b; connect a b; acks a",
              ""),
          new Rule(
              "a channel that was closed before Redis acknowledged it is not waited for",
              "open a b; connect a b; acks a; ends b",
              "probes"),
          new Rule("a node without channels probes at once", "connect", "probes"),
          new Rule(
              "a channel that Redis refuses is not waited for",
              "open a b; connect a b; acks a; refuses b",
              "probes"),
          new Rule(
              "a channel that is refused twice counts once",
              "open a b c; connect a b c; refuses a; refuses a; acks b",
              ""),
          new Rule(
              "a node's position begins at its own probe",
              "open a; connect a; acks a; own 10",
              "attached, reaches 10, opens a at 10"),
          new Rule(
              "another node's probe does not attach", "open a; connect a; acks a; other 10", ""),
          new Rule(
              "a message before the node is attached is dropped",
              "open a; connect a; acks a; a5<4",
              ""),
          new Rule(
              "a Redis that takes no writes attaches by its clock",
              "open a; connect a; acks a; clock 10",
              "attached, reaches 10, opens a at 10"),
          new Rule(
              "what was acknowledged before a channel was closed proves nothing once it is open again",
              "open a; connect a; acks a; close a; leaves a; open a; own 10",
              "attached, reaches 10"),
          new Rule(
              "it is complete once it is acknowledged again",
              "open a; connect a; acks a; close a; leaves a; open a; own 10; ends a; acks a; other 20",
              "reaches 20, opens a at 20"),
          new Rule(
              "a complete channel that Redis refused for a while has a gap",
              FOLLOWING + "connect a b; acks b; refuses a; own 20; page 20; acks a",
              "reports gap a after 20, probes"),
          new Rule("every probe advances the position", FOLLOWING + "other 20", "reaches 20"),
          new Rule("an own probe does, too", FOLLOWING + "own 20", "reaches 20"),
          new Rule(
              "the clock may stand still where Redis takes no writes",
              FOLLOWING + "clock 20; clock 20",
              "reaches 20"),

          // Opening.
          new Rule(
              "a channel that is acknowledged later probes, too",
              FOLLOWING + "open c; acks c",
              "probes"),
          new Rule(
              "a channel that is acknowledged later is complete from the next position on",
              FOLLOWING + "open c; acks c; a20<12",
              "delivers a20, opens c at 20"),
          new Rule(
              "a channel opens with its own first message",
              FOLLOWING + "open c; acks c; c20<1",
              "delivers c20, opens c at 20"),
          new Rule(
              "a channel that was closed before its position is not opened",
              FOLLOWING + "open c; acks c; ends c; other 20",
              "reaches 20"),
          new Rule(
              "a channel that was closed and opened again is opened again",
              FOLLOWING + "close a; open a; ends a; acks a; other 20",
              "reaches 20, opens a at 20"),
          new Rule(
              "a channel that is acknowledged again keeps its place in the chain",
              FOLLOWING + "acks a; a20<15",
              "reports gap a after 12, delivers a20, opens a at 20"),

          // Gaps.
          new Rule(
              "a message that names the last one heard is complete",
              FOLLOWING + "a20<12",
              "delivers a20"),
          new Rule(
              "a message that names one which was not heard reveals a gap",
              FOLLOWING + "a20<15",
              "reports gap a after 12, delivers a20"),
          new Rule(
              "a bound in place of the name of the last message proves nothing",
              FOLLOWING + "a20~15",
              "delivers a20"),
          new Rule(
              "the first message after the beginning may name what was before",
              "open a; connect a; acks a; own 10; a12<9",
              "delivers a12"),
          new Rule(
              "the first message may not name one after the beginning",
              "open a; connect a; acks a; own 10; a14<12",
              "reports gap a after 10, delivers a14"),
          new Rule(
              "a message that was torn reveals a gap",
              FOLLOWING + "torn a",
              "reports gap a after 12"),
          new Rule(
              "an event that can't be sent is told, and keeps its place in the chain",
              FOLLOWING + "a20!12",
              "skips a20 lost"),
          new Rule("the message after it names it", FOLLOWING + "a20!12; a22<20", "delivers a22"),
          new Rule(
              "a gap that a node reports is told to the channel's clients, as that node knows it",
              FOLLOWING + "gap 20 9 a",
              "lost a 9 to 20, reaches 20"),
          new Rule(
              "a gap of a channel that is not open here only advances the position",
              FOLLOWING + "gap 20 9 z",
              "lost z 9 to 20, reaches 20"),
          new Rule(
              "a message that names the end of the gap continues",
              FOLLOWING + "gap 20 9 a; a22<20",
              "delivers a22"),
          new Rule(
              "a last id that was not heard reveals a gap",
              FOLLOWING + "answer 20 a16 b14; own 20",
              "reaches 20, reports gap a after 12"),
          new Rule(
              "the reply to a probe waits until the probe is heard",
              FOLLOWING + "answer 20 a16; b18<14",
              "delivers b18"),
          new Rule(
              "a last id that was heard by then reveals nothing",
              FOLLOWING + "answer 20 a16; a16<12; own 20",
              "reaches 20"),
          new Rule(
              "a gap is reported once",
              FOLLOWING + "answer 20 a16; own 20; answer 30 a16; own 30",
              "reaches 30"),
          new Rule(
              "a further gap is reported again",
              FOLLOWING + "answer 20 a16; own 20; answer 30 a25; own 30",
              "reaches 30, reports gap a after 12"),
          new Rule(
              "a gap whose notice comes is told",
              FOLLOWING + "a20<15; notice 25; gap 25 12 a; own 30",
              "reaches 30"),
          new Rule(
              "a gap whose notice has not come before the next probe is reported again",
              FOLLOWING + "a20<15; notice 25; own 30",
              "reaches 30, again gap a after 12"),
          new Rule(
              "a notice may still come after a probe that was sent before it",
              FOLLOWING + "a20<15; notice 25; own 22",
              "reaches 22"),
          new Rule(
              "a notice of another node that begins earlier tells the gap, too",
              FOLLOWING + "a20<15; notice 25; gap 24 9 a; own 30",
              "reaches 30"),
          new Rule(
              "a notice of another node that begins later does not",
              FOLLOWING + "a20<15; notice 25; gap 24 18 a; own 30",
              "reaches 30, again gap a after 12"),
          new Rule(
              "the notice of a gap does not tell one that was found after it",
              FOLLOWING + "a20<15; notice 25; gap 25 12 a; a30<28; notice 32; own 40",
              "reaches 40, again gap a after 25"),
          new Rule(
              "two gaps of a channel make one, from where the first one begins",
              FOLLOWING + "a20<15; a30<28; notice 32; own 40",
              "reaches 40, again gap a after 12"),
          new Rule(
              "a gap that a page tells needs no notice",
              FOLLOWING
                  + "a20<15; notice 25; connect a b; acks a b; own 30; void a 25; page 30; own 40",
              "reaches 40"),
          new Rule(
              "a gap whose notice was lost with the connection is reported again",
              FOLLOWING + "a20<15; notice 25; connect a b; acks a b; own 30; page 30; own 40",
              "reaches 40, again gap a after 12"),
          new Rule(
              "a message that is torn before its channel is complete needs no report",
              "open a; connect a; acks a; own 10; open c; acks c; torn c",
              ""),
          new Rule(
              "the last id of a channel that is not complete proves nothing",
              FOLLOWING + "open c; answer 20 c16; own 20",
              "reaches 20"),

          // Repair.
          new Rule(
              "a node that comes back reads what it missed", BACK + "own 30", "reads after 14"),
          new Rule(
              "it does so by the clock, too, where Redis takes no writes",
              BACK + "clock 30",
              "reads after 14"),
          new Rule(
              "what it reads is delivered in order, and then it goes on live",
              BACK + "own 30; page 30 a20<12 b22<14",
              "delivers a20, delivers b22, reaches 30, attached, reaches 30, opens a b at 30"),
          new Rule(
              "a page that ends before the probe is followed by the next one",
              BACK + "own 30; page 20 a20<12",
              "delivers a20, reaches 20, reads after 20"),
          new Rule(
              "messages that the repair has read are not delivered again",
              BACK + "own 30; page 35 a32<12; a32<12",
              ""),
          new Rule(
              "messages beyond the repair are delivered",
              BACK + "own 30; page 35 a32<12; a32<12; a40<32",
              "delivers a40"),
          new Rule(
              "a message beyond the repair that names one which was not read reveals a gap",
              BACK + "own 30; page 35 a32<12; a40<37",
              "reports gap a after 35, delivers a40"),
          new Rule(
              "an entry that can't be sent is told",
              BACK + "own 30; page 30 a20!12",
              "skips a20 oversized, reaches 30, attached, reaches 30, opens a b at 30"),
          new Rule(
              "a reset in a page is told before its events",
              BACK + "own 30; void all 30",
              "lost all ? to 30, reaches 30, attached, reaches 30, opens a b at 30"),
          new Rule(
              "a node that missed nothing reads nothing where Redis takes no writes",
              BACK + "clock 14",
              "attached, reaches 14, opens a b at 14"),
          new Rule(
              "a node with nothing to repair has no repair",
              "connect; connect; own 10",
              "attached, reaches 10"),

          // Back in time.
          new Rule(
              "an id that does not rise is a step back in time",
              FOLLOWING + "a13<12",
              "reports loss 14, ends: id 13-0 after 14-0"),
          new Rule(
              "so is an id that was there already",
              FOLLOWING + "other 14",
              "reports loss 14, ends: id 14-0 after 14-0"),
          new Rule(
              "so is a clock below the last id",
              FOLLOWING + "clock 13",
              "reports loss 14, ends: the clock is at 13-0 after id 14-0"),
          new Rule(
              "nothing is delivered after a step back",
              FOLLOWING + "a13<12; a20<13",
              "ends: id 13-0 after 14-0"),
          new Rule(
              "clients are told with the next connection's probe",
              FOLLOWING + "a13<12; connect a b; acks a b; own 30",
              "rewound ? to 30, attached, reaches 30, opens a b at 30"),
          new Rule(
              "they are told once",
              FOLLOWING + "a13<12; connect a b; acks a b; own 30; connect; own 40",
              "reads after 30"),
          new Rule(
              "a probe below the position is a step back in time",
              BACK + "own 13",
              "rewound ? to 13, attached, reaches 13, opens a b at 13"),
          new Rule(
              "a new id that is the position is one, too",
              BACK + "own 14",
              "rewound ? to 14, attached, reaches 14, opens a b at 14"),
          new Rule(
              "a clock below the position is one, too",
              BACK + "clock 13",
              "rewound ? to 13, attached, reaches 13, opens a b at 13"),
          new Rule(
              "a page of a Redis whose clock is below the position is a step back",
              BACK + "own 30; unknown 13",
              "rewound ? to 13, reaches 13, reads after 13"),
          new Rule(
              "a rewind that another node has proved is told",
              FOLLOWING + "rewind 30 12",
              "rewound 12 to 30, reaches 30"),
          new Rule(
              "messages after a rewind name the rewind, and continue",
              FOLLOWING + "rewind 30 12; a31<30",
              "delivers a31"),
          new Rule(
              "messages after a rewind may name what is left from before",
              FOLLOWING + "rewind 30 12; a31<9",
              "delivers a31"),
          new Rule(
              "a message that names one below the last one heard proves a loss",
              FOLLOWING + "a20<11",
              "reports loss 12, delivers a20"),
          new Rule(
              "an entry that does so proves a loss",
              BACK + "own 30; page 30 a20<11",
              "reports loss 12, delivers a20, reaches 30, attached, reaches 30, opens a b at 30"),
          new Rule(
              "what was heard on an earlier connection counts, too",
              BACK + "own 30; page 30; a40<11",
              "reports loss 12, delivers a40"),
          new Rule(
              "a last id below the last one heard proves a loss",
              FOLLOWING + "answer 20 a11; own 20",
              "reaches 20, reports loss 12"),
          new Rule(
              "so does a channel without a last id, if its bound is below the last one heard",
              FOLLOWING + "answer 20 a?11; own 20",
              "reaches 20, reports loss 12"),
          new Rule(
              "a bound above the last one heard proves nothing, and reveals no gap",
              FOLLOWING + "answer 20 a?16; own 20",
              "reaches 20"),
          new Rule(
              "what was heard after the probe proves nothing by its last id",
              FOLLOWING + "answer 15 a12; a16<12",
              "delivers a16"),
          new Rule(
              "after a reset of everything earlier events prove nothing",
              BACK + "own 30; void all 30; a31<11",
              "delivers a31"),
          new Rule(
              "events of a channel that was not complete prove nothing later",
              FOLLOWING + "close a; open a; connect b; acks b; own 30; page 30; acks a; a40<3",
              "delivers a40, opens a at 40"));

  @TestFactory
  List<DynamicTest> rules() {
    List<DynamicTest> tests = new ArrayList<>();
    for (Rule rule : RULES) {
      tests.add(
          DynamicTest.dynamicTest(
              rule.name, () -> assertEquals(rule.decision, new ProtocolScript().run(rule.script))));
    }
    return tests;
  }

  /** A repair may read events of a later time of the same run. */
  @Test
  void aNodeHasHeardItsProbeAndNotWhatTheRepairHasRead() {
    ProtocolScript node = new ProtocolScript();
    node.run(BACK + "torn a");
    assertNull(node.lastId());
    node.run("own 30; page 35 a32<12");
    assertEquals(new Position(30, 0), node.lastId());
    node.run("a32<12");
    assertEquals(new Position(32, 0), node.lastId());
  }

  /**
   * The clock may be of an earlier run: as an id that was seen on this run, it would prove a loss.
   */
  @Test
  void aClockIsNoIdThatWasHeard() {
    ProtocolScript node = new ProtocolScript();
    node.run("open a; connect a; acks a; clock 10");
    assertNull(node.lastId());
    node.run("other 20; clock 21");
    assertEquals(new Position(20, 0), node.lastId());
  }

  @Test
  void aProbeAsksForTheChannelsWithMessagesFirst() {
    ProtocolScript node = new ProtocolScript();
    String all = String.join(" ", IntStream.range(0, 5000).mapToObj(i -> "c" + i).toList());
    node.run("open " + all + "; connect " + all + "; acks " + all + "; own 10");
    node.run("z20<1; z21<20");
    assertEquals("z", node.nextAudit().get(0));
    assertEquals(2000, node.nextAudit().size());
  }

  @Test
  void anotherThreadMayNotTouchIt() {
    ProtocolScript node = new ProtocolScript();
    CompletableFuture<String> other = CompletableFuture.supplyAsync(() -> node.run("own 10"));
    CompletionException thrown = assertThrows(CompletionException.class, other::join);
    assertEquals(AssertionError.class, thrown.getCause().getClass());
  }
}
