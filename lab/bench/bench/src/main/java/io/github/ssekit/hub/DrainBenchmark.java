package io.github.ssekit.hub;

import io.github.ssekit.event.SseEvent;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * One connection's turn, with events of 100 bytes waiting in the logs of its channels: the
 * connection reads the events, merges them in their order, joins and writes them. Before each turn,
 * the benchmark sets the cursors back before the events.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@State(Scope.Thread)
public class DrainBenchmark {
  @Param({"1", "10", "100"})
  public int events;

  @Param({"1", "10"})
  public int channels;

  private final ManualHub manual = new ManualHub(System::nanoTime);
  private final Swallow transport = new Swallow(true);
  private Subscription[] withNews = {};
  private ChannelLog.Entry[] before = {};
  private byte[][] frames = {};
  private int length;

  @Setup
  public void setUp() {
    List<String> names = IntStream.range(0, channels).mapToObj(i -> "c" + i).toList();
    Connection connection = manual.hub.connect(transport, names, null);
    manual.settle();
    withNews =
        connection.subscriptions.all().stream().limit(events).toArray(n -> new Subscription[n]);
    before = new ChannelLog.Entry[withNews.length];
    for (int i = 0; i < before.length; i++) {
      before[i] = withNews[i].cursor;
    }
    SseEvent event = SseEvent.of("x".repeat(100));
    frames = new byte[events][];
    for (int i = 0; i < events; i++) {
      frames[i] = event.frame().toByteArray();
      length += frames[i].length;
      manual.feed.deliver("c" + i % channels, event);
    }
    manual.settle();
    long written = transport.written;
    drain();
    if (transport.written - written != length) {
      throw new IllegalStateException("a drain wrote " + (transport.written - written));
    }
  }

  @Benchmark
  public boolean drain() {
    for (int i = 0; i < withNews.length; i++) {
      withNews[i].cursor = before[i];
      withNews[i].connection.appended(withNews[i]);
    }
    return manual.turn(0);
  }

  /** The minimum: copies the same frames, already in order, into one array. */
  @Benchmark
  public byte[] copy() {
    byte[] out = new byte[length];
    int at = 0;
    for (byte[] frame : frames) {
      System.arraycopy(frame, 0, out, at, frame.length);
      at += frame.length;
    }
    return out;
  }
}
