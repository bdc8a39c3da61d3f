package io.github.ssekit.redis;

import io.github.ssekit.event.SseEvent;
import io.github.ssekit.hub.PublishException;

/** What those who publish by a script of their own need of their bridge. */
interface PublishingBridge {
  /** Throws if the event can't be published to the channel. */
  void checkEvent(String channel, SseEvent event);

  /** An event was stored, on a run. */
  void published(String run, PublishScript.Stored stored);

  PublishException failure(RedisFailure e);
}
