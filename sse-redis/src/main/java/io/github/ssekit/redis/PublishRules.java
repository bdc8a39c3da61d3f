package io.github.ssekit.redis;

import io.github.ssekit.event.SseEvent;
import io.github.ssekit.hub.Feed;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Checks events, channels and tokens before anything is sent. Thread-safe. */
final class PublishRules {
  private static final String LONGEST_ID = "999999999999999-9999999";
  private static final int MAX_TOKEN_LENGTH = 200;

  private final Feed feed;
  private final Scope scope;
  private final Function<? super String, @Nullable String> eventTypes;
  private final boolean hasAnswers;

  /**
   * @param eventTypes the event types of channels without history
   * @param hasAnswers whether some channels are answers
   */
  PublishRules(
      Feed feed,
      Scope scope,
      Function<? super String, @Nullable String> eventTypes,
      boolean hasAnswers) {
    this.feed = feed;
    this.scope = scope;
    this.eventTypes = eventTypes;
    this.hasAnswers = hasAnswers;
  }

  /**
   * Checks an event that the application publishes itself, not through answers, state channels or
   * presence.
   *
   * @throws IllegalArgumentException as {@link RedisBridge#publish(String, SseEvent)}
   */
  void checkFree(String channel, SseEvent event) {
    check(channel, event);
    if (hasAnswers && AnswerStreams.isAnswer(channel)) {
      throw new IllegalArgumentException(
          "channel \"" + channel + "\" is an answer's: only its producer sends to it");
    }
    if (scope.isState(channel)) {
      throw new IllegalArgumentException(
          "channel \""
              + channel
              + "\" is a state channel: publish by RedisBridge.states(), with a key");
    }
    if (scope.isPresence(channel)) {
      throw new IllegalArgumentException(
          "channel \"" + channel + "\" has presence: names join by RedisBridge.presence()");
    }
  }

  /**
   * As {@link #checkFree}, for an event with a token.
   *
   * @throws IllegalArgumentException as {@link RedisBridge#publish(String, SseEvent, String)}
   */
  void checkOnce(String channel, SseEvent event, String token) {
    checkFree(channel, event);
    GivenName.check("token", token, MAX_TOKEN_LENGTH);
    if (!scope.hasHistory(channel)) {
      throw new IllegalArgumentException("channel \"" + channel + "\" has no history for a token");
    }
  }

  /**
   * Checks an event of any publisher.
   *
   * @throws IllegalArgumentException if it can't be published to the channel
   */
  void check(String channel, SseEvent event) {
    Objects.requireNonNull(channel, "channel");
    Objects.requireNonNull(event, "event");
    feed.checkPublishable(channel, scope.hasHistory(channel) ? event.withId(LONGEST_ID) : event);
    if (event.data() == null) {
      throw new IllegalArgumentException("event without data: clients would not notice it");
    }
    if (event.id() != null) {
      throw new IllegalArgumentException(
          "event id \"" + event.id() + "\": ids are given by Redis, to channels with history");
    }
    if (!scope.hasHistory(channel)) {
      checkPlain(channel, event);
    }
  }

  private void checkPlain(String channel, SseEvent event) {
    if (scope.isReserved(channel)) {
      throw new IllegalArgumentException(
          "channel \""
              + channel
              + "\": such names are those of a scope, or of Redis itself; choose another");
    }
    String type = eventTypes.apply(channel);
    if (!Objects.equals(event.type(), type)) {
      throw new IllegalArgumentException(
          "event type %s: channel \"%s\" has no history, so Redis carries the data alone, and its events are of the type that eventTypes says: %s. Publish that type, or have RedisBridgeBuilder.eventTypes say the other, on all nodes"
              .formatted(named(event.type()), channel, named(type)));
    }
  }

  private static String named(@Nullable String type) {
    return type == null ? "message (the default)" : "\"" + type + "\"";
  }

  /**
   * Checks a channel's name.
   *
   * @throws IllegalArgumentException if it is not legal
   */
  void checkName(String channel) {
    feed.checkPublishable(Objects.requireNonNull(channel, "channel"), SseEvent.of(""));
  }
}
