package io.github.ssekit.core;

import java.util.ArrayList;
import java.util.List;

/** Keeps what a parser tells, in its order. */
final class Recorder implements EventStreamHandler {
  private final List<Block> blocks = new ArrayList<>();

  List<Block> blocks() {
    return blocks;
  }

  @Override
  public void onEvent(SseEvent event) {
    blocks.add(event);
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
