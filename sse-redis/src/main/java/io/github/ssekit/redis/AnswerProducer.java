package io.github.ssekit.redis;

import io.github.ssekit.event.SseEvent;
import io.github.ssekit.hub.Position;
import io.github.ssekit.hub.PublishException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The one producer of an answer, see {@link AnswerStreams#start}. Its node renews its lease until
 * the answer ends. Thread-safe; events of several threads are stored one after the other.
 *
 * <pre>{@code
 * AnswerProducer producer = redis.answers().start(id, AnswerOptions.DEFAULT);
 * producer.onEnd(state -> model.cancel()); // it may have been stopped
 * producer.send(SseEvent.of(token));
 * producer.end(SseEvent.of(usage));
 * }</pre>
 *
 * <p>Each event waits for Redis. One whose outcome is unknown, or that finds Redis away, is tried
 * again for the time of the lease, and stored once.
 */
public final class AnswerProducer {
  private final AnswerStreams answers;
  private final String id;
  private final String token;
  private final AnswerOptions options;

  /** Written under the monitor of the listeners. */
  private volatile AnswerState state = AnswerState.RUNNING;

  /** Guarded by itself. */
  private final List<Consumer<AnswerState>> listeners = new ArrayList<>();

  /** The events so far. Guarded by this. */
  private int events;

  AnswerProducer(AnswerStreams answers, String id, String token, AnswerOptions options) {
    this.answers = answers;
    this.id = id;
    this.token = token;
    this.options = options;
  }

  /** The answer's id. */
  public String id() {
    return id;
  }

  /**
   * Whether the answer runs, or how it has ended, as far as this node knows: a {@linkplain
   * AnswerStreams#stop stop} by another node is known after a second, or at the next event.
   */
  public AnswerState state() {
    return state;
  }

  /**
   * Adds a listener, which is called once the answer has ended: by this producer, by a stop, or as
   * lost; at once if it has ended already. It is called on a thread of the bridge or of the caller,
   * and must return soon. Not called once the bridge is closed: end your answers first, or cancel
   * what produces them.
   */
  public void onEnd(Consumer<? super AnswerState> listener) {
    Objects.requireNonNull(listener, "listener");
    synchronized (listeners) {
      if (!state.isEnded()) {
        listeners.add(listener::accept);
        return;
      }
    }
    listener.accept(state);
  }

  /**
   * Adds an event to the answer.
   *
   * @param event needs data and no id
   * @return the event's position, which is its id
   * @throws IllegalArgumentException if the event is not such a one, or is too large
   * @throws IllegalStateException if only the ending still fits {@link AnswerOptions#maxEvents}
   * @throws AnswerRefusedException if the answer has ended: nothing is stored
   * @throws PublishException if Redis did not confirm in the time of a lease, see {@link
   *     PublishException#mayBeStored}
   */
  public Position send(SseEvent event) {
    return add(event, null);
  }

  /**
   * Ends the answer with an event, its last, in one step: state {@link AnswerState#DONE}. If it
   * throws a {@link PublishException}, the answer may not have ended, and may be ended again. If
   * the first attempt was stored, the second throws {@link AnswerRefusedException} with {@link
   * AnswerState#DONE}.
   *
   * @throws RuntimeException as {@link #send}
   */
  public Position end(SseEvent event) {
    return add(event, AnswerState.DONE);
  }

  /**
   * Ends the answer as failed with an event, its last, in one step: state {@link
   * AnswerState#FAILED}. As {@link #end} else.
   *
   * @throws RuntimeException as {@link #send}
   */
  public Position fail(SseEvent event) {
    return add(event, AnswerState.FAILED);
  }

  private synchronized Position add(SseEvent event, @Nullable AnswerState how) {
    answers.check(id, event);
    if (how == null && events + 1 >= options.maxEvents()) {
      throw new IllegalStateException(
          "answer \"%s\" has %d events, and maxEvents is %d: end it, or start it with more"
              .formatted(id, events, options.maxEvents()));
    }
    AnswerState now = state;
    if (now.isEnded()) {
      throw new AnswerRefusedException(id, now);
    }
    AnswerScripts.Added added;
    try {
      added = answers.add(id, new AnswerScripts.Addition(event, how, token, events + 1, options));
      events++;
    } catch (PublishException e) {
      if (e.mayBeStored()) {
        events++;
      }
      throw e;
    }
    AnswerState refused = added.refused();
    if (refused != null) {
      ended(refused);
      throw new AnswerRefusedException(id, refused);
    }
    if (how != null) {
      ended(how);
    }
    return Objects.requireNonNull(added.stored()).position();
  }

  /** The answer has ended. Called any number of times, on any thread. */
  void ended(AnswerState how) {
    List<Consumer<AnswerState>> told;
    synchronized (listeners) {
      if (state.isEnded()) {
        return;
      }
      state = how;
      told = List.copyOf(listeners);
      listeners.clear();
    }
    answers.over(this);
    told.forEach(listener -> answers.tell(() -> listener.accept(how)));
  }

  AnswerScripts.Lease lease() {
    return new AnswerScripts.Lease(AnswerStreams.channel(id), token, options.lease());
  }
}
