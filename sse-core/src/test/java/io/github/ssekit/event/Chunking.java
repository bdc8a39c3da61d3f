package io.github.ssekit.event;

import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.function.IntSupplier;

/** The ways in which the tests cut a stream into chunks. */
enum Chunking {
  WHOLE,
  BYTE_BY_BYTE,
  BY_2,
  BY_3,
  BY_200,
  RANDOM;

  /** Feeds all bytes, each chunk as a slice of one array. */
  void feed(EventStreamParser parser, byte[] bytes, Random random) {
    IntSupplier size =
        switch (this) {
          case WHOLE -> () -> bytes.length;
          case BYTE_BY_BYTE -> () -> 1;
          case BY_2 -> () -> 2;
          case BY_3 -> () -> 3;
          case BY_200 -> () -> 200;
          case RANDOM -> () -> random.nextInt(6); // empty chunks too
        };
    for (int at = 0; at < bytes.length; ) {
      int length = Math.min(size.getAsInt(), bytes.length - at);
      parser.feed(bytes, at, length);
      at += length;
    }
  }

  /** Returns the recorded calls of a new parser. */
  Recorder read(byte[] bytes, Random random) {
    Recorder recorder = new Recorder();
    feed(new EventStreamParser(recorder), bytes, random);
    return recorder;
  }

  /** Returns the blocks that a new parser reports. */
  List<Block> parse(byte[] bytes, Random random) {
    return read(bytes, random).blocks();
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }
}
