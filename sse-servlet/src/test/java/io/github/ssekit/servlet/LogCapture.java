package io.github.ssekit.servlet;

import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** What is logged above DEBUG between start and stop. */
final class LogCapture extends Handler {
  private final Queue<String> records = new ConcurrentLinkedQueue<>();

  void start() {
    Logger.getLogger("").addHandler(this);
  }

  void stop() {
    Logger.getLogger("").removeHandler(this);
  }

  List<String> aboveDebug() {
    return List.copyOf(records);
  }

  @Override
  public void publish(LogRecord r) {
    if (r.getLevel().intValue() > Level.FINE.intValue()) {
      records.add(r.getLoggerName() + " " + r.getMessage() + " " + r.getThrown());
    }
  }

  @Override
  public void flush() {}

  @Override
  public void close() {}
}
