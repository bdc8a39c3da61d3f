package io.github.ssekit.hub;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** An observer that records each call. */
final class RecordingObserver implements HubObserver {
  /** Each call, as text, except calls of {@link #written}. */
  final List<String> calls = new CopyOnWriteArrayList<>();

  final List<Closed> closed = new CopyOnWriteArrayList<>();
  final List<Resumed> resumed = new CopyOnWriteArrayList<>();
  final List<Written> written = new CopyOnWriteArrayList<>();

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
