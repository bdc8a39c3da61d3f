package io.github.ssekit.harness;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import org.jspecify.annotations.Nullable;

/**
 * Captures the log lines of a {@code java.util.logging} logger and its descendants until closed.
 */
public final class LogCapture extends Handler implements AutoCloseable {
  private record Line(Level level, String logger, String message, @Nullable Throwable thrown) {}

  private final List<Line> lines = new CopyOnWriteArrayList<>();
  private final SimpleFormatter formatter = new SimpleFormatter();
  private final Logger logger;
  private final Level ownLevel;
  private final boolean ownParents;

  private LogCapture(String name, Level from, boolean alone) {
    logger = Logger.getLogger(name);
    ownLevel = logger.getLevel();
    ownParents = logger.getUseParentHandlers();
    setLevel(from);
    if (alone) {
      logger.setUseParentHandlers(false);
      logger.setLevel(from);
    }
    logger.addHandler(this);
  }

  /**
   * Captures the lines of a logger at a level or above, if the logger logs that level.
   *
   * @param name the name of a class or a package, or "" for all
   */
  public static LogCapture of(String name, Level from) {
    return new LogCapture(name, from, false);
  }

  /**
   * Captures the lines of a class at a level or above. Until closed, the class logs at that level,
   * and only to this capture.
   */
  public static LogCapture only(Class<?> type, Level from) {
    return new LogCapture(type.getName(), from, true);
  }

  /** Returns each message, with its parameters in place. */
  public List<String> messages() {
    return lines.stream().map(Line::message).toList();
  }

  /** Returns each line that contains a text: its level and its message. */
  public List<String> lines(String text) {
    return lines.stream()
        .map(each -> each.level + " " + each.message)
        .filter(line -> line.contains(text))
        .toList();
  }

  /** Returns each line with its logger and exception: {@code LOGGER MESSAGE EXCEPTION}. */
  public List<String> details() {
    return lines.stream()
        .map(each -> each.logger + " " + each.message + " " + each.thrown)
        .toList();
  }

  @Override
  public void publish(LogRecord record) {
    if (isLoggable(record)) {
      String message = formatter.formatMessage(record);
      lines.add(new Line(record.getLevel(), record.getLoggerName(), message, record.getThrown()));
    }
  }

  @Override
  public void flush() {}

  @Override
  public void close() {
    logger.removeHandler(this);
    logger.setUseParentHandlers(ownParents);
    logger.setLevel(ownLevel);
  }
}
