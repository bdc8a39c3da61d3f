package io.github.ssekit.spring;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.ssekit.hub.CloseReason;
import io.github.ssekit.hub.Connection;
import io.github.ssekit.hub.ConnectionOptions;
import io.github.ssekit.hub.Hub;
import io.github.ssekit.hub.RecordingTransport;
import jakarta.servlet.http.HttpSessionEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.mock.web.MockHttpServletRequest;
import org.springframework.mock.web.MockHttpSession;

/** The streams of sessions that end, or get another id. */
class SessionStreamsTest {
  private final Hub hub = Hub.create();
  private final SessionStreams streams = new SessionStreams();

  @AfterEach
  void close() {
    hub.close();
  }

  private Connection connect() {
    return hub.connect(new RecordingTransport(), ConnectionOptions.of("news"));
  }

  private void opened(MockHttpSession session, Connection connection) {
    MockHttpServletRequest request = new MockHttpServletRequest();
    request.setSession(session);
    Objects.requireNonNull(streams.of(request)).opened(connection);
  }

  @Test
  void theStreamsOfManySessionsThatEndTogetherCloseAtOnceAndNoOthers() {
    List<CloseReason> reasons = new CopyOnWriteArrayList<>();
    List<MockHttpSession> sessions = new ArrayList<>();
    for (int i = 0; i < 1_000; i++) {
      MockHttpSession session = new MockHttpSession();
      Connection connection = connect();
      connection.onClose(reasons::add);
      opened(session, connection);
      sessions.add(session);
    }
    Connection other = connect();
    opened(new MockHttpSession(), other);
    sessions.forEach(each -> streams.sessionDestroyed(new HttpSessionEvent(each)));
    await().until(() -> reasons.size() == 1_000);
    assertEquals(List.of(CloseReason.EXPIRED), reasons.stream().distinct().toList());
    assertTrue(other.isOpen());
  }

  /** Containers call listeners while the session can still be read. */
  @Test
  void aStreamThatOpensWhileItsSessionEndsIsClosed() {
    MockHttpSession session = new MockHttpSession();
    streams.sessionDestroyed(new HttpSessionEvent(session));
    Connection connection = connect();
    opened(session, connection);
    await().until(() -> !connection.isOpen());
    assertTrue(streams.isEmpty());
  }

  @Test
  void aStreamThatOpensWhileItsSessionGetsAnotherIdEndsWithTheSession() throws Exception {
    List<Thread> logins = new ArrayList<>();
    MockHttpSession session =
        new MockHttpSession() {
          @Override
          public String getId() {
            String id = super.getId();
            if (logins.isEmpty()) {
              changeId(this, logins);
            }
            return id;
          }
        };
    Connection connection = connect();
    opened(session, connection);
    logins.get(0).join();
    streams.end(session.getId());
    await().until(() -> !connection.isOpen());
    assertTrue(streams.isEmpty());
  }

  /**
   * Changes the session's id as a login on another thread does, and waits until that thread has
   * ended or is blocked.
   */
  private void changeId(MockHttpSession session, List<Thread> logins) {
    Thread login =
        new Thread(
            () -> {
              String before = session.getId();
              session.changeSessionId();
              streams.sessionIdChanged(new HttpSessionEvent(session), before);
            });
    logins.add(login);
    login.start();
    await()
        .until(
            () ->
                login.getState() == Thread.State.BLOCKED
                    || login.getState() == Thread.State.TERMINATED);
  }
}
