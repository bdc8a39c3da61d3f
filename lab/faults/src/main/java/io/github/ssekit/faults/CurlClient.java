package io.github.ssekit.faults;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.github.ssekit.harness.ChildProcess;
import java.io.BufferedReader;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A client without code of the library: {@code curl}, and a reader of lines. */
final class CurlClient extends Client {
  CurlClient(String name, Set<String> channels, List<Integer> ports, long seed, RunClock clock) {
    super(name, channels, ports, seed, clock);
  }

  @Override
  InputStream open(URI uri, String lastEventId) {
    List<String> command =
        new ArrayList<>(List.of("curl", "-sfN", "--connect-timeout", "2", uri.toString()));
    if (!lastEventId.isEmpty()) {
      command.addAll(List.of("-H", "Last-Event-ID: " + lastEventId));
    }
    ChildProcess curl = ChildProcess.start(command, null);
    return new FilterInputStream(curl.process().getInputStream()) {
      @Override
      public void close() throws IOException {
        curl.kill();
        super.close();
      }
    };
  }

  @Override
  void read(InputStream in) throws IOException {
    BufferedReader lines = new BufferedReader(new InputStreamReader(in, UTF_8));
    List<String> block = new ArrayList<>();
    while (true) {
      awaitReading();
      String line = lines.readLine();
      if (line == null) {
        return;
      }
      if (!line.isEmpty()) {
        block.add(line);
      } else {
        block(block);
        block.clear();
      }
    }
  }

  private void block(List<String> lines) {
    String id = "";
    String type = null;
    String data = null;
    for (String line : lines) {
      String[] field = line.split(": ?", 2);
      String value = field.length < 2 ? "" : field[1];
      switch (field[0]) {
        case "id" -> id = value;
        case "event" -> type = value;
        case "data" -> data = joined(data, value);
        case "retry" -> onRetry(Long.parseLong(value));
        default -> {}
      }
    }
    if (data == null) {
      onPosition(id);
    } else {
      onEvent(type, data, id);
    }
  }

  private static String joined(@Nullable String data, String value) {
    return data == null ? value : data + '\n' + value;
  }
}
