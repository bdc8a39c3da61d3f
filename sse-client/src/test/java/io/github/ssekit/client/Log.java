package io.github.ssekit.client;

import io.github.ssekit.event.Comment;
import io.github.ssekit.event.ReconnectionTime;
import io.github.ssekit.event.SseEvent;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpHeaders;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A listener that records its calls. */
final class Log implements EventSourceListener {
  private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();
  final ConcurrentLinkedQueue<Duration> delays = new ConcurrentLinkedQueue<>();

  @Override
  public void onOpen(URI uri, HttpHeaders headers) {
    lines.add("open " + uri.getPath());
  }

  @Override
  public void onEvent(SseEvent event, String lastEventId) {
    lines.add("event " + event.data() + " " + lastEventId);
  }

  @Override
  public void onComment(Comment comment) {
    lines.add("comment " + comment.text());
  }

  @Override
  public void onReconnectionTime(ReconnectionTime time) {
    lines.add("retry " + time.time().toMillis());
  }

  @Override
  public void onDisconnect(IOException cause, Duration delay) {
    delays.add(delay);
    lines.add("disconnect " + cause.getMessage());
  }

  @Override
  public void onClose(@Nullable EventSourceException failure) {
    lines.add("close " + (failure == null ? "" : failure.getMessage()));
  }

  String next() throws InterruptedException {
    return lines.poll(20, TimeUnit.SECONDS);
  }

  List<String> soFar() {
    return List.copyOf(lines);
  }
}
