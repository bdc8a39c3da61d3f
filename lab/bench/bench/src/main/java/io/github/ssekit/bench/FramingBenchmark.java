package io.github.ssekit.bench;

import io.github.ssekit.event.Frame;
import io.github.ssekit.event.SseEvent;
import jakarta.ws.rs.core.MediaType;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.glassfish.jersey.media.sse.OutboundEvent;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.springframework.web.servlet.mvc.method.annotation.ResponseBodyEmitter.DataWithMediaType;
import org.springframework.web.servlet.mvc.method.annotation.SseEmitter;

/** Framing, from type, data and id to the bytes of one event. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class FramingBenchmark {
  private static final JerseyWriter JERSEY = new JerseyWriter();

  @Param({"100 bytes", "1 KB in 10 lines"})
  public String input = "";

  private String data = "";

  @Setup
  public void setUp() {
    String line = new String(Message.of(1, 1, 100), StandardCharsets.US_ASCII);
    data = input.startsWith("100") ? line : (line + "\n").repeat(10).trim();
  }

  @Benchmark
  public Frame ours() {
    return new SseEvent("chat", data, "1700000000000-0").frame();
  }

  /** Spring's builder returns strings; Spring's string converter encodes each of them. */
  @Benchmark
  public byte[] spring() throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream(256);
    Set<DataWithMediaType> parts =
        SseEmitter.event().id("1700000000000-0").name("chat").data(data).build();
    for (DataWithMediaType part : parts) {
      out.write(part.getData().toString().getBytes(StandardCharsets.UTF_8));
    }
    return out.toByteArray();
  }

  @Benchmark
  public byte[] jersey() throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream(256);
    OutboundEvent event =
        new OutboundEvent.Builder()
            .id("1700000000000-0")
            .name("chat")
            .mediaType(MediaType.TEXT_PLAIN_TYPE)
            .data(String.class, data)
            .build();
    JERSEY.write(event, out);
    return out.toByteArray();
  }
}
