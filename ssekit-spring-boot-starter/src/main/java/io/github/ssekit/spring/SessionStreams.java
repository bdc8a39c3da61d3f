package io.github.ssekit.spring;

import io.github.ssekit.hub.Connection;
import io.github.ssekit.hub.Hub;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpSession;
import jakarta.servlet.http.HttpSessionEvent;
import jakarta.servlet.http.HttpSessionIdListener;
import jakarta.servlet.http.HttpSessionListener;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The open streams of each session, which end with it. Sessions are known by a hash of their id, so
 * that nothing else than the container can name one. Thread-safe.
 */
final class SessionStreams implements HttpSessionListener, HttpSessionIdListener {
  private final Hub hub;

  /** The streams of each session, by its hash. A set is changed within compute alone. */
  private final Map<String, Set<Connection>> open = new ConcurrentHashMap<>();

  /** The hash of each stream's session, which changes with the session's id. */
  private final Map<Connection, String> keys = new ConcurrentHashMap<>();

  SessionStreams(Hub hub) {
    this.hub = hub;
  }

  /** The session of one request. */
  final class Session {
    private final HttpSession session;

    private Session(HttpSession session) {
      this.session = session;
    }

    void opened(Connection connection) {
      String hash = hash(session.getId());
      keys.put(connection, hash);
      add(hash, connection);
      connection.onClose(reason -> remove(connection));
      try {
        // Throws if the session has ended meanwhile.
        long unused = session.getCreationTime();
      } catch (IllegalStateException e) {
        close(hash);
      }
    }
  }

  /** The session of a request, or null. */
  @Nullable Session of(HttpServletRequest request) {
    HttpSession session = request.getSession(false);
    return session == null ? null : new Session(session);
  }

  private void add(String hash, Connection connection) {
    open.compute(
        hash,
        (key, before) -> {
          Set<Connection> all = before == null ? new HashSet<>() : before;
          all.add(connection);
          return all;
        });
  }

  private void remove(Connection connection) {
    String hash = keys.remove(connection);
    if (hash != null) {
      open.computeIfPresent(
          hash, (key, all) -> all.remove(connection) && all.isEmpty() ? null : all);
    }
  }

  @Override
  public void sessionDestroyed(HttpSessionEvent event) {
    end(event.getSession().getId());
  }

  @Override
  public void sessionIdChanged(HttpSessionEvent event, String oldSessionId) {
    Set<Connection> all = open.remove(hash(oldSessionId));
    if (all != null) {
      String now = hash(event.getSession().getId());
      for (Connection each : all) {
        // A stream that has closed meanwhile has no key any more.
        if (keys.computeIfPresent(each, (connection, before) -> now) != null) {
          add(now, each);
        }
      }
    }
  }

  /** Closes the streams of a session. */
  void end(String sessionId) {
    close(hash(sessionId));
  }

  private void close(String hash) {
    Set<Connection> all = open.remove(hash);
    if (all != null) {
      all.forEach(keys::remove);
      hub.closeIf(all::contains);
    }
  }

  /** Whether no stream is remembered. */
  boolean isEmpty() {
    return open.isEmpty();
  }

  static String hash(String sessionId) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(sessionId.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
