package io.github.ssekit.hub;

import static io.github.ssekit.hub.FakeHistory.at;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.ssekit.event.SseEvent;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each transition of {@link Resume}, without loops, threads, or a hub. */
class ResumeStateTest {
  private static final int ROOM = 1_000;

  private final ReentrantLock lock = new ReentrantLock();
  private final FakeHistory history = new FakeHistory();
  private final Resumes resumes = new Resumes(ROOM, lock, Runnable::run);
  private final ReplayRoom.Place other = new ReplayRoom.Place(() -> {});
  private final Map<String, Subscription> subscriptions = new HashMap<>();
  private final List<String> told = new ArrayList<>();

  private final Resume.Client client =
      new Resume.Client() {
        @Override
        public void replay(Resume resume, Replay page) {
          told.add("page " + page.upTo());
        }

        @Override
        public boolean copies() {
          return true;
        }

        @Override
        public void revoke() {
          told.add("revoked");
        }

        @Override
        public void live(
            List<Subscription> live, byte @Nullable [] greeting, @Nullable ResumeOutcome outcome) {
          List<StreamReset> resets = outcome == null ? List.of() : outcome.resets();
          told.add(
              "live %s%s"
                  .formatted(
                      live.stream().map(s -> s.channel.name).toList(),
                      resets.isEmpty() ? "" : " " + resets.get(0).reason()));
        }
      };

  /**
   * Steps, and the state after each. The client has channel a. With {@code room=n} another client
   * holds a page of n bytes; {@code bytes=n} is a page of n bytes that ends at 10-0.
   */
  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          # case                       | id    | steps                                         | states                                  | told
          no id                        |       | start opened=10                               | OPENING LIVE                            | live [a]
          a newcomer's page            | last 2 | opened=10 start page=10 taken                | OPENING ASKED REPLAYING LIVE            | page 10-0, live [a]
          a newcomer's pages           | last 2 | opened=10 start page=7 taken page=10 taken   | OPENING ASKED REPLAYING ASKED REPLAYING LIVE | page 7-0, page 10-0, live [a]
          a newcomer before it opens   | last 2 | start opened=10 page=15 taken reached=15     | OPENING ASKED REPLAYING AHEAD LIVE      | page 15-0, live [a]
          a newcomer of nothing        | last 0 | opened=10 start                              | OPENING LIVE                            | live [a]
          a newcomer, upstream throws  | last 2 | opened=10 fail start                         | OPENING OPENING LIVE                    | live [a] lost
          a newcomer, no room          | last 2 | opened=10 room=900 start room=0              | OPENING OPENING WAITING ASKED           |
          an id that is no position    | x     | opened=10 start                               | OPENING LIVE                            | live [a] unknown-id
          the logs have the rest       | 10-0  | opened=10 start                               | OPENING LIVE                            | live [a]
          one page                     | 3-0   | opened=10 start page=10 taken                 | OPENING ASKED REPLAYING LIVE            | page 10-0, live [a]
          two pages                    | 3-0   | opened=10 start page=7 taken page=10 taken    | OPENING ASKED REPLAYING ASKED REPLAYING LIVE | page 7-0, page 10-0, live [a]
          read beyond this node        | 3-0   | opened=10 start page=15 taken reached=14 reached=15 | OPENING ASKED REPLAYING AHEAD AHEAD LIVE | page 15-0, live [a]
          an id beyond this node       | 15-0  | opened=10 start                               | OPENING ASKED                           |
          a rewind while ahead         | 3-0   | opened=10 start page=15 taken rewound=20      | OPENING ASKED REPLAYING AHEAD ASKED     | page 15-0
          a rewind while it is read    | 3-0   | opened=10 start rewound=12 page=15 taken      | OPENING ASKED ASKED REPLAYING ASKED     | page 15-0
          the upstream throws          | 3-0   | opened=10 fail start                          | OPENING OPENING LIVE                    | live [a] lost
          no room                      | 3-0   | opened=10 room=900 start room=0               | OPENING OPENING WAITING ASKED           |
          no room for this page        | 3-0   | opened=10 room=100 start bytes=950 room=0     | OPENING OPENING ASKED WAITING ASKED     |
          closed before it opens       | 3-0   | start close opened=10                         | OPENING CLOSED CLOSED                   |
          closed while it waits        | 3-0   | opened=10 room=900 start close room=0         | OPENING OPENING WAITING CLOSED CLOSED   |
          closed while it is asked for | 3-0   | opened=10 start close page=10                 | OPENING ASKED CLOSED CLOSED             |
          closed while it replays      | 3-0   | opened=10 start page=10 close taken           | OPENING ASKED REPLAYING CLOSED CLOSED   | page 10-0
          closed while ahead           | 3-0   | opened=10 start page=15 taken close reached=15 | OPENING ASKED REPLAYING AHEAD CLOSED CLOSED | page 15-0
          left before it opens         | 3-0   | start leave=a                                 | OPENING LIVE                            | live []
          left while it waits          | 3-0   | opened=10 room=900 start leave=a room=0       | OPENING OPENING WAITING LIVE LIVE       | live []
          left while it is asked for   | 3-0   | opened=10 start leave=a page=10               | OPENING ASKED LIVE LIVE                 | live []
          left while it replays        | 3-0   | opened=10 start page=15 leave=a taken         | OPENING ASKED REPLAYING REPLAYING LIVE  | page 15-0, live []
          left while ahead             | 3-0   | opened=10 start page=15 taken leave=a reached=15 | OPENING ASKED REPLAYING AHEAD LIVE LIVE | page 15-0, live []
          joined while asked for       | 3-0   | opened=10 start join=b page=10 taken          | OPENING ASKED ASKED REPLAYING LIVE      | page 10-0, live [a, b]
          joined when all others left  | 3-0   | opened=10 start page=15 leave=a join=b taken reached=15 | OPENING ASKED REPLAYING REPLAYING REPLAYING AHEAD LIVE | page 15-0, live [b]
          switched while it waits      | 3-0   | opened=10 room=900 start join=b leave=a       | OPENING OPENING WAITING WAITING LIVE    | live [b]
          switched, no room for a page | 3-0   | opened=10 room=100 start join=b leave=a bytes=950 | OPENING OPENING ASKED ASKED ASKED LIVE | live [b]
          a newcomer that switches     | last 2 | opened=10 room=900 start join=b leave=a      | OPENING OPENING WAITING WAITING LIVE    | live [b]
          switched below the floor     | 3-0   | opened=10 start page=7 leave=a join=b taken   | OPENING ASKED REPLAYING REPLAYING REPLAYING LIVE | page 7-0, live [b]
          switched, then a rewind      | 3-0   | opened=10 start page=7 leave=a join=b rewound=12 taken | OPENING ASKED REPLAYING REPLAYING REPLAYING REPLAYING LIVE | page 7-0, live [b] lost
          revoked while it replays     | 3-0   | opened=10 start page=15 revoke=a taken        | OPENING ASKED REPLAYING REPLAYING LIVE  | page 15-0, revoked, live []
          """)
  void transition(
      String name, @Nullable String id, String steps, String states, @Nullable String told) {
    Subscription a = subscription("a");
    a.resumed = true;
    List<Subscription> own = new ArrayList<>(List.of(a));
    Resume resume =
        new Resume(resumes, history, client, own, start(id) == null ? id : null, start(id), false);
    List<String> seen = new ArrayList<>();
    for (String step : steps.split(" ", -1)) {
      lock.lock();
      try {
        step(resume, step.split("=", -1)[0], step.substring(step.indexOf('=') + 1));
      } finally {
        lock.unlock();
      }
      seen.add(resume.state().name());
    }
    assertEquals(states, String.join(" ", seen));
    assertEquals(told == null ? "" : told, String.join(", ", this.told));
  }

  /** The start of a newcomer that gets events, such as "last 2" instead of an id; else null. */
  private static @Nullable Start start(@Nullable String id) {
    return id != null && id.startsWith("last ")
        ? Start.last(Integer.parseInt(id.substring(5)))
        : null;
  }

  private void step(Resume resume, String step, String argument) {
    switch (step) {
      case "start" -> resume.start();
      case "opened" -> {
        subscription("a").channel.log.startAt(position(argument));
        resumes.reached(position(argument));
        resumes.opened();
      }
      case "reached" -> resumes.reached(position(argument));
      case "rewound" -> resumes.rewound(position(argument));
      case "fail" -> history.failure = new AssertionError("failure of the test");
      case "page" -> history.request().answer(FakeHistory.page(Long.parseLong(argument)));
      case "bytes" -> history.request().answer(page(Integer.parseInt(argument)));
      case "taken" -> resume.taken();
      case "join" -> resume.join(subscription(argument));
      case "leave" -> resume.left(subscription(argument), false);
      case "revoke" -> resume.left(subscription(argument), true);
      case "close" -> resume.close();
      case "room" -> occupy(Integer.parseInt(argument));
      default -> throw new IllegalArgumentException(step);
    }
  }

  private void occupy(int bytes) {
    resumes.room.leave(other);
    if (bytes > 0) {
      resumes.room.enqueue(other);
      resumes.room.admit();
      resumes.room.tryHold(other, page(bytes), true);
    } else {
      resumes.room.admit();
    }
  }

  private static Replay page(int bytes) {
    int frame = "id: 10-0\ndata: \n\n".length();
    SseEvent event = SseEvent.of("x".repeat(bytes - frame)).withId(at(10).toString());
    return Replay.of(List.of(), List.of(event), at(10));
  }

  private static Position position(String milliseconds) {
    return at(Long.parseLong(milliseconds));
  }

  private Subscription subscription(String channel) {
    return subscriptions.computeIfAbsent(channel, c -> Unread.subscription(c, lock));
  }

  /** A subscription that no loop reads. */
  private static final class Unread extends StreamConnection {
    private Unread(DeliveryLoop loop) {
      super(loop, new NoTransport(), false);
    }

    static Subscription subscription(String name, ReentrantLock lock) {
      DeliveryLoop loop = new DeliveryLoop(0, () -> 0, Hub.builder().settings(), null, () -> 0);
      Subscribers[] byLoop = {new Subscribers(loop)};
      ChannelLog log = new ChannelLog(10, 1_000, () -> true);
      OverrunPolicy policy = OverrunPolicy.close();
      return new Subscription(
          new Unread(loop), new Channel(name, true, policy, log, 1_000, byLoop, lock));
    }

    @Override
    List<Subscription> release() {
      return List.of();
    }

    @Override
    void finished(
        CloseReason reason,
        long events,
        long bytes,
        List<Subscription> subscriptions,
        @Nullable Throwable cause) {}

    @Override
    void closeIfEnded() {}

    @Override
    void resumed(ResumeOutcome outcome) {}

    @Override
    void reset(StreamReset reset) {}

    @Override
    byte[] farewell() {
      return new byte[0];
    }
  }
}
