package io.github.ssekit.bench;

import com.launchdarkly.eventsource.ConnectStrategy;
import com.launchdarkly.eventsource.ErrorStrategy;
import com.launchdarkly.eventsource.FaultEvent;
import com.launchdarkly.eventsource.MessageEvent;
import com.launchdarkly.eventsource.StreamEvent;
import com.launchdarkly.eventsource.StreamException;
import com.launchdarkly.logging.LDLogger;
import io.github.ssekit.event.EventStreamHandler;
import io.github.ssekit.event.EventStreamParser;
import io.github.ssekit.event.SseEvent;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import okhttp3.MediaType;
import okhttp3.Protocol;
import okhttp3.Request;
import okhttp3.Response;
import okhttp3.ResponseBody;
import okhttp3.sse.EventSource;
import okhttp3.sse.EventSourceListener;
import okhttp3.sse.EventSources;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/**
 * Parsing, from the bytes of a stream to its events: one line of 100 bytes each, with type and id.
 * One operation parses the whole stream, from memory.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
public class ParsingBenchmark {
  static final int EVENTS = 10_000;

  private static final byte[] STREAM = stream();
  static final int BYTES = STREAM.length;

  /** Bytes that the parser gets at a time, as from a socket. */
  private static final int CHUNK = 8192;

  private static byte[] stream() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (int i = 0; i < EVENTS; i++) {
      String data = new String(Message.of(i, i, 100), StandardCharsets.US_ASCII);
      try {
        new SseEvent("chat", data, "1700000000000-" + i).frame().writeTo(out);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return out.toByteArray();
  }

  @Benchmark
  public long ours() {
    Counter counter = new Counter();
    EventStreamParser parser = new EventStreamParser(counter);
    for (int at = 0; at < BYTES; at += CHUNK) {
      parser.feed(STREAM, at, Math.min(CHUNK, BYTES - at));
    }
    return counter.all();
  }

  private static final class Counter extends EventSourceListener implements EventStreamHandler {
    private long events;
    private long length;

    @Override
    public void onEvent(SseEvent event, String lastEventId) {
      count(String.valueOf(event.data()));
    }

    @Override
    public void onEvent(
        EventSource source, @Nullable String id, @Nullable String type, String data) {
      count(data);
    }

    void count(String data) {
      events++;
      length += data.length();
    }

    long all() {
      if (events != EVENTS) {
        throw new IllegalStateException("events: " + events);
      }
      return length;
    }
  }

  @Benchmark
  public long okHttp() {
    Counter counter = new Counter();
    Response response =
        new Response.Builder()
            .request(new Request.Builder().url("http://localhost/").build())
            .protocol(Protocol.HTTP_1_1)
            .code(200)
            .message("OK")
            .body(ResponseBody.create(STREAM, MediaType.get("text/event-stream")))
            .build();
    EventSources.processResponse(response, counter);
    return counter.all();
  }

  @Benchmark
  public long launchDarkly() throws StreamException {
    Counter counter = new Counter();
    try (var source =
        new com.launchdarkly.eventsource.EventSource.Builder(new InMemory())
            .errorStrategy(ErrorStrategy.alwaysContinue())
            .build()) {
      StreamEvent event = source.readAnyEvent();
      for (; !(event instanceof FaultEvent); event = source.readAnyEvent()) {
        if (event instanceof MessageEvent message) {
          counter.count(message.getData());
        }
      }
    }
    return counter.all();
  }

  /** Connects to the stream in memory. */
  private static final class InMemory extends ConnectStrategy {
    private static final URI ORIGIN = URI.create("http://localhost/");

    @Override
    public Client createClient(LDLogger logger) {
      return new Client() {
        @Override
        public Result connect(@Nullable String lastEventId) {
          return new Result(new ByteArrayInputStream(STREAM), ORIGIN, () -> {});
        }

        @Override
        public boolean awaitClosed(long timeoutMillis) {
          return true;
        }

        @Override
        public URI getOrigin() {
          return ORIGIN;
        }

        @Override
        public void close() {}
      };
    }
  }
}
