package io.github.ssekit.redis;

import io.github.ssekit.hub.Feed;
import io.github.ssekit.hub.Start;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The parts of a bridge that all connections and threads of its subscription share.
 *
 * @param history null if no channel has history
 * @param fold joins events of pages
 * @param newcomers where clients without a last event ID start, by channel
 */
record BridgeParts(
    Feed feed,
    Scope scope,
    CommandPool commands,
    @Nullable HistoryScripts history,
    AnswerFold fold,
    Function<? super String, Start> newcomers,
    Deliveries deliveries,
    OpenChannels channels,
    Evidence evidence,
    GapNotices gaps,
    Directives directives) {

  HistoryScripts requireHistory() {
    if (history == null) {
      throw new IllegalStateException("No channel has history");
    }
    return history;
  }
}
