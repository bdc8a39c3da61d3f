package io.github.ssekit.spring;

import static java.lang.System.Logger.Level.WARNING;

import io.github.ssekit.redis.RedisBridge;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A log-out where nodes share sessions: closes the streams of the owner on all nodes. If the owner
 * is the user, the streams of the user's other devices end too; these devices reconnect at once,
 * and are let in.
 */
final class SharedLogout {
  private static final System.Logger LOG = System.getLogger(SharedLogout.class.getName());

  private final RedisBridge bridge;
  private final SsekitProperties.Owner owners;

  SharedLogout(RedisBridge bridge, SsekitProperties.Owner owners) {
    this.bridge = bridge;
    this.owners = owners;
  }

  /** Returns at once: another thread tells the other nodes. */
  void loggedOut(@Nullable String user, @Nullable String sessionId) {
    String owner =
        switch (owners) {
          case PRINCIPAL -> SsekitMvcAutoConfiguration.owner(user);
          case SESSION -> sessionId == null ? null : SessionStreams.hash(sessionId);
          case NONE -> null;
        };
    if (owner != null) {
      CompletableFuture<Void> unused =
          CompletableFuture.runAsync(() -> bridge.closeAll(owner))
              .exceptionally(
                  failure -> {
                    LOG.log(WARNING, "The other nodes were not told of a log-out", failure);
                    return null;
                  });
    }
  }
}
