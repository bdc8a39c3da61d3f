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
 * The producer of an answer, see {@link AnswerStreams#start}. The producer's node renews its lease
 * until the answer ends. Thread-safe; events of several threads are stored one after the other.
 *
 * <pre>{@code
 * AnswerProducer producer = redis.answers().start(id, AnswerOptions.DEFAULT);
 * producer.onEnd(state -> model.cancel()); // it may have been stopped
 * producer.send(SseEvent.of(token));
 * producer.end(SseEvent.of(usage));
 * }</pre>
 *
 * <p>Each call waits for Redis. If Redis is unavailable, or the outcome of a call is unknown, the
 * call is repeated for the duration of the lease, and its event is stored once.
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

  /** The number of events so far. Guarded by this. */
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
   * The state of the answer, as far as this node knows: a {@linkplain AnswerStreams#stop stop} by
   * another node is known after a second, or at the next event.
   */
  public AnswerState state() {
    return state;
  }

  /**
   * Adds a listener, which is called when the answer has ended: by this producer, by a stop, or
   * because the producer is lost; immediately if the answer has already ended. The listener is
   * called on a thread of the bridge or of the caller, and must return soon. It is not called once
   * the bridge is closed: end your answers first, or cancel the work that produces them.
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
   * @throws IllegalArgumentException if the event has no data, has an id, or is too large, or if
   *     its type is not legal
   * @throws IllegalStateException if only the ending still fits into {@link
   *     AnswerOptions#maxEvents}
   * @throws AnswerRefusedException if the answer has ended: nothing is stored
   * @throws PublishException if Redis did not confirm within the duration of a lease, see {@link
   *     PublishException#mayBeStored}
   */
  public Position send(SseEvent event) {
    return add(event, null);
  }

  /**
   * Ends the answer with a last event, in one step: its state is then {@link AnswerState#DONE}.
   * After a {@link PublishException} the answer may still run, and may be ended again. If the first
   * attempt was stored, the second attempt throws {@link AnswerRefusedException} with {@link
   * AnswerState#DONE}.
   *
   * @throws RuntimeException as {@link #send}
   */
  public Position end(SseEvent event) {
    return add(event, AnswerState.DONE);
  }

  /**
   * Ends the answer with a last event, in one step: its state is then {@link AnswerState#FAILED}.
   * Otherwise as {@link #end}.
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
    } catch (Error e) {
      // It may be stored under this number.
      events++;
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

  /** The answer has ended. May be called any number of times, on any thread. */
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
