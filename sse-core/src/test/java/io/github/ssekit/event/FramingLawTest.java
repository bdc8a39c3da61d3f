package io.github.ssekit.event;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The law {@code parse(frame(e)).equals(e)}, for random events of the characters that tend to break
 * it.
 *
 * <p>Each round is seeded with its own number. The system property {@code ssekit.law.rounds} sets
 * the number of rounds.
 */
@Timeout(value = 30, unit = TimeUnit.MINUTES)
class FramingLawTest {
  private static final int ROUNDS = Integer.getInteger("ssekit.law.rounds", 10_000);

  private static final List<Chunking> CHUNKINGS = List.of(Chunking.values());

  private static final String[] ALPHABET = {
    "\r", "\n", "\r\n", "\0", "\uFEFF", "\u0085", "\u2028", "\u2029", "\u000B", "\f", " ", ":",
    "\t", "a", "é", "☃", "\uFFFD", "😀", "\uD83D", "\uDE00", "data", "id", "retry: 1", "0"
  };

  @Test
  void parseOfFrameIsTheEvent() {
    for (int round = 0; round < ROUNDS; round++) {
      Random random = new Random(round);
      SseEvent event = eventWithData(random);
      byte[] frame = event.frame().toByteArray();
      for (Chunking chunking : CHUNKINGS) {
        String where = "round " + round + ", " + chunking;
        assertEquals(List.of(event), chunking.parse(frame, random), where);
      }
    }
  }

  @Test
  void parseOfManyFramesIsTheirBlocks() {
    for (int round = 0; round < ROUNDS; round++) {
      Random random = new Random(round);
      ByteArrayOutputStream stream = new ByteArrayOutputStream();
      List<Block> expected = new ArrayList<>();
      List<String> lastEventIds = new ArrayList<>();
      String lastEventId = "";
      for (int n = random.nextInt(8); n > 0; n--) {
        Block block = block(random);
        stream.writeBytes(block.frame().toByteArray());
        if (block instanceof SseEvent event) {
          lastEventId = event.id() == null ? lastEventId : event.id();
          if (event.data() == null) {
            continue;
          }
          lastEventIds.add(lastEventId);
        }
        expected.add(block);
      }
      Chunking chunking = CHUNKINGS.get(round % CHUNKINGS.size());
      Recorder recorder = new Recorder();
      EventStreamParser parser = new EventStreamParser(recorder);

      chunking.feed(parser, stream.toByteArray(), random);

      String where = "round " + round + ", " + chunking;
      assertEquals(expected, recorder.blocks(), where);
      assertEquals(lastEventIds, recorder.lastEventIds(), where);
      assertEquals(lastEventId, parser.lastEventId(), where);
    }
  }

  private static Block block(Random random) {
    return switch (random.nextInt(6)) {
      case 0 -> new Comment(text(random, "\r\n"));
      case 1 -> new ReconnectionTime(Duration.ofMillis(random.nextInt(Integer.MAX_VALUE)));
      case 2 -> SseEvent.idOnly(text(random, "\r\n\0"));
      default -> eventWithData(random);
    };
  }

  static SseEvent eventWithData(Random random) {
    return new SseEvent(type(random), text(random, ""), id(random));
  }

  private static @Nullable String type(Random random) {
    return switch (random.nextInt(8)) {
      case 0, 1, 2 -> null;
      case 3 -> "message";
      case 4 -> "error";
      default -> text(random, "\r\n");
    };
  }

  private static @Nullable String id(Random random) {
    return random.nextInt(3) == 0 ? null : text(random, "\r\n\0");
  }

  private static String text(Random random, String without) {
    StringBuilder text = new StringBuilder();
    for (int n = random.nextInt(8); n > 0; n--) {
      text.append(ALPHABET[random.nextInt(ALPHABET.length)]);
    }
    String s = text.toString();
    for (int i = 0; i < without.length(); i++) {
      s = s.replace(without.substring(i, i + 1), "");
    }
    return s;
  }
}
