package io.github.ssekit.faults;

import io.github.ssekit.event.EventStreamHandler;
import io.github.ssekit.event.EventStreamParser;
import io.github.ssekit.event.ReconnectionTime;
import io.github.ssekit.event.SseEvent;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.util.List;
import java.util.Set;

/** A client of the JDK's HTTP client and the library's parser. */
final class JavaClient extends Client {
  JavaClient(String name, Set<String> channels, List<Integer> ports, long seed, RunClock clock) {
    super(name, channels, ports, seed, clock);
  }

  @Override
  InputStream open(URI uri, String lastEventId) throws IOException, InterruptedException {
    return Http.stream(uri, lastEventId);
  }

  @Override
  void read(InputStream in) throws IOException {
    EventStreamParser parser =
        new EventStreamParser(
            new EventStreamHandler() {
              @Override
              public void onEvent(SseEvent event, String lastEventId) {
                JavaClient.this.onEvent(event.type(), String.valueOf(event.data()), lastEventId);
              }

              @Override
              public void onReconnectionTime(ReconnectionTime time) {
                onRetry(time.time().toMillis());
              }
            });
    byte[] bytes = new byte[8 << 10];
    while (true) {
      awaitReading();
      int count = in.read(bytes);
      if (count < 0) {
        return;
      }
      for (int i = 0; i < count; i++) {
        parser.feed(bytes, i, 1);
        if (bytes[i] == '\n') {
          onPosition(parser.lastEventId());
        }
      }
    }
  }
}
