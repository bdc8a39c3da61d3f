package io.github.ssekit.hub;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** An observer that records each call. */
final class RecordingObserver implements HubObserver {
  /** Each call, as text, except those of {@link #written}. */
  final List<String> calls = new ArrayList<>();

  final List<Closed> closed = new ArrayList<>();
  final List<Resumed> resumed = new ArrayList<>();
  final List<Written> written = new ArrayList<>();

  @Override
  public void opened(Connection connection) {
    calls.add("opened");
  }

  @Override
  public void closed(Connection connection, Closed how) {
    calls.add("closed " + how.reason());
    closed.add(how);
  }

  @Override
  public void resumed(Connection connection, Resumed how) {
    calls.add("resumed");
    resumed.add(how);
  }

  @Override
  public void reset(@Nullable Connection connection, StreamReset reset) {
    calls.add(
        "reset %s %s %s"
            .formatted(connection == null ? "all" : "one", reset.channel(), reset.reason()));
  }

  @Override
  public void written(Written totals) {
    written.add(totals);
  }

  Written lastWritten() {
    return written.get(written.size() - 1);
  }
}
