package io.github.ssekit.event;

import java.util.ArrayList;
import java.util.List;

/** Records a parser's calls, in order. */
public final class Recorder implements EventStreamHandler {
  private final List<Block> blocks = new ArrayList<>();
  private final List<String> lastEventIds = new ArrayList<>();

  public List<Block> blocks() {
    return blocks;
  }

  /** The last event ID of each event. */
  public List<String> lastEventIds() {
    return lastEventIds;
  }

  @Override
  public void onEvent(SseEvent event, String lastEventId) {
    blocks.add(event);
    lastEventIds.add(lastEventId);
  }

  @Override
  public void onComment(Comment comment) {
    blocks.add(comment);
  }

  @Override
  public void onReconnectionTime(ReconnectionTime time) {
    blocks.add(time);
  }
}
