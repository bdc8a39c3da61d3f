package io.github.ssekit.spring;

import io.github.ssekit.hub.Connection;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpSession;
import jakarta.servlet.http.HttpSessionEvent;
import jakarta.servlet.http.HttpSessionIdListener;
import jakarta.servlet.http.HttpSessionListener;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The open streams of each session, which end with the session. Keeps a hash of each session's id,
 * so that only the container can name the session. Thread-safe.
 */
final class SessionStreams implements HttpSessionListener, HttpSessionIdListener {
  private static final int MOST_ENDED = 10_000;

  /** The streams of each session, by the session's hash. Guarded by this object's monitor. */
  private final Map<String, Set<Connection>> open = new HashMap<>();

  /** The hash of each stream's session, which changes with the session's id. Guarded as above. */
  private final Map<Connection, String> keys = new HashMap<>();

  /**
   * The hashes of sessions that ended last. A request that was authorised before that may open its
   * stream only now.
   */
  private final Set<String> ended =
      Collections.newSetFromMap(
          new LinkedHashMap<String, Boolean>() {
            private static final long serialVersionUID = 1;

            @Override
            protected boolean removeEldestEntry(Map.Entry<String, Boolean> eldest) {
              return size() > MOST_ENDED;
            }
          });

  /** The session of one request. */
  final class Session {
    private final HttpSession session;

    private Session(HttpSession session) {
      this.session = session;
    }

    void opened(Connection connection) {
      boolean hasEnded = !add(session, connection);
      connection.onClose(reason -> remove(connection));
      try {
        // Throws if the session has ended meanwhile, but not in every container at once.
        long unused = session.getCreationTime();
      } catch (IllegalStateException e) {
        hasEnded = true;
      }
      if (hasEnded) {
        close(connection);
      }
    }
  }

  /** The session of a request, or null. */
  @Nullable Session of(HttpServletRequest request) {
    HttpSession session = request.getSession(false);
    return session == null ? null : new Session(session);
  }

  /**
   * Adds a stream. Returns false if its session has ended. Reads the id under the monitor: it
   * changes before {@link #sessionIdChanged} is called.
   */
  private synchronized boolean add(HttpSession session, Connection connection) {
    String hash = hash(session.getId());
    if (ended.contains(hash)) {
      return false;
    }
    keys.put(connection, hash);
    open.computeIfAbsent(hash, key -> new HashSet<>()).add(connection);
    return true;
  }

  private synchronized void remove(Connection connection) {
    String hash = keys.remove(connection);
    if (hash != null) {
      open.computeIfPresent(
          hash, (key, all) -> all.remove(connection) && all.isEmpty() ? null : all);
    }
  }

  @Override
  public void sessionDestroyed(HttpSessionEvent event) {
    String id = event.getSession().getId();
    synchronized (this) {
      ended.add(hash(id));
    }
    end(id);
  }

  @Override
  public synchronized void sessionIdChanged(HttpSessionEvent event, String oldSessionId) {
    Set<Connection> moved = open.remove(hash(oldSessionId));
    if (moved != null) {
      String now = hash(event.getSession().getId());
      open.computeIfAbsent(now, key -> new HashSet<>()).addAll(moved);
      moved.forEach(connection -> keys.put(connection, now));
    }
  }

  /** Closes the streams of a session. */
  void end(String sessionId) {
    take(hash(sessionId)).forEach(SessionStreams::close);
  }

  private synchronized Set<Connection> take(String hash) {
    Set<Connection> all = open.remove(hash);
    if (all == null) {
      return Set.of();
    }
    all.forEach(keys::remove);
    return all;
  }

  /**
   * Closes this connection only: {@code Hub.closeIf} would ask all connections for each session
   * that ends.
   */
  private static void close(Connection connection) {
    connection.expireAt(Instant.EPOCH);
  }

  /** Whether no stream is remembered. */
  synchronized boolean isEmpty() {
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
