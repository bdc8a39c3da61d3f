package io.github.ssekit.hub;

import java.util.Collection;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The hub's end of its upstream: what that says of positions goes from here into the logs and to
 * the clients that are on their way to them.
 */
final class UpstreamEnd {
  private final Channels channels;
  private final DeliveryLoop[] loops;

  /** Guarded by the lock. */
  private final Resumes resumes;

  /** The hub's. */
  private final ReentrantLock lock;

  UpstreamEnd(Channels channels, DeliveryLoop[] loops, Resumes resumes, ReentrantLock lock) {
    this.channels = channels;
    this.loops = loops;
    this.resumes = resumes;
    this.lock = lock;
  }

  /** See {@link Hub#opened}. */
  void opened(Collection<String> names, Position from) {
    locked(
        () -> {
          for (String name : names) {
            Channel channel = channels.get(name);
            if (channel != null && channel.log.from() == null) {
              channel.log.startAt(from);
            }
          }
          resumes.reached(from);
          resumes.opened();
        });
  }

  /** See {@link Hub#reached}. */
  void reached(Position position) {
    locked(() -> resumes.reached(position));
  }

  /** See {@link Hub#lost}. */
  void lost(StreamReset reset) {
    locked(
        () -> {
          String name = reset.channel();
          Channel channel = name == null ? null : channels.get(name);
          if (name == null) {
            channels.appendToAll(
                reset.event().frame().toByteArray(),
                null,
                reset.reason(),
                log -> log.startAt(reset.to()));
          } else if (channel != null) {
            channels.append(channel, reset.event().frame().toByteArray(), null, reset.reason());
            // One that is not open yet is complete from where it will be opened.
            if (channel.log.from() != null) {
              channel.log.startAt(reset.to());
            }
          }
        });
  }

  /** See {@link Hub#rewound}. */
  void rewound(StreamReset reset, Position to) {
    locked(
        () -> {
          // One frame: a client of several channels is told once.
          byte[] frame = reset.event().withId(to.toString()).frame().toByteArray();
          channels.appendToAll(frame, to, reset.reason(), log -> log.restartAt(to));
          resumes.rewound(to);
        });
  }

  private void locked(Runnable action) {
    lock.lock();
    try {
      action.run();
    } finally {
      lock.unlock();
    }
    for (DeliveryLoop loop : loops) {
      loop.wake();
    }
  }

  /** See {@link Hub#position}. */
  @Nullable Position position() {
    return resumes.position();
  }

  /** The upstream has answered. Returns whether the connection is to get it. */
  boolean answered(Resume resume, Replay replay) {
    lock.lock();
    try {
      return resumes.answered(resume, replay);
    } finally {
      lock.unlock();
    }
  }

  /** A connection's transport has taken a replay. */
  void replayed(Resume resume, Replay replay) {
    lock.lock();
    try {
      resumes.replayed(resume, replay);
    } finally {
      lock.unlock();
    }
  }
}
