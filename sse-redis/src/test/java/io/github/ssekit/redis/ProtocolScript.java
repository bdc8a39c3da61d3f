package io.github.ssekit.redis;

import io.github.ssekit.event.SseEvent;
import io.github.ssekit.hub.Position;
import io.github.ssekit.hub.StreamReset;
import io.github.ssekit.hub.StreamReset.Reason;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Drives a {@link PositionProtocol} by a script and records its decisions. Positions are written as
 * their milliseconds.
 *
 * <pre>
 * script  = step *( ";" step )
 * step    = "open" 1*channel            ; clients open channels; "close" the reverse
 *         / "connect" 1*channel         ; a connection that is subscribed to the control channel,
 *                                       ; and now subscribes to these channels
 *         / "acks" 1*channel            ; Redis acknowledges them; "refuses" and "ends" likewise
 *         / "leaves" 1*channel          ; UNSUBSCRIBE is sent, and not yet acknowledged
 *         / "own" at                    ; its own probe is heard; "other", another node's
 *         / "clock" at                  ; its own probe, of a Redis that takes no writes
 *         / channel at ( "&lt;" / "~" ) at ; an event that names the event before, or only a bound
 *         / channel at "!" at           ; the same, of an event that can't be sent
 *         / "torn" channel              ; a message that can't be read
 *         / "rewind" at from / "gap" at from channel
 *         / "notice" at                 ; the notices of gaps that are due are sent, with that id
 *         / "answer" at *( channel [ "?" ] at ) ; the reply to a probe at that position, with last
 *                                       ; ids, or only a bound
 *         / "page" at *( event )        ; a page of the repair is read, up to a position
 *         / "void" channel at           ; a page with a reset: the channel lost all up to there
 *         / "unknown" at                ; a page of a Redis whose clock is below our position
 * </pre>
 */
final class ProtocolScript implements ProtocolHub, ProtocolRedis {
  private final ProtocolMemory memory = new ProtocolMemory();
  private final GapNotices gaps = new GapNotices();
  private final OpenChannels open = new OpenChannels(channel -> true);
  private final List<String> decisions = new ArrayList<>();
  private final Set<String> leaving = new HashSet<>();
  private PositionProtocol protocol = new PositionProtocol(memory, open, this, this);

  /** Runs a script. Returns the decisions of its last step. */
  String run(String script) {
    for (String step : script.split(";", -1)) {
      decisions.clear();
      step(List.of(step.strip().split(" +", -1)));
    }
    return String.join(", ", decisions);
  }

  @Nullable Position lastId() {
    return protocol.lastId();
  }

  List<String> nextAudit() {
    return protocol.nextAudit();
  }

  private void step(List<String> words) {
    List<String> rest = words.subList(1, words.size());
    switch (words.get(0)) {
      case "open" -> rest.forEach(open::open);
      case "close" -> rest.forEach(open::close);
      case "connect" -> {
        protocol = new PositionProtocol(memory, open, this, this);
        protocol.subscribing(rest);
      }
      case "acks" -> rest.forEach(protocol::acknowledged);
      case "refuses" -> rest.forEach(protocol::refused);
      case "leaves" -> leaving.addAll(rest);
      case "ends" -> {
        leaving.removeAll(rest);
        rest.forEach(protocol::unsubscribed);
      }
      case "own" -> protocol.ownProbe(at(rest.get(0)));
      case "other" -> protocol.probe(at(rest.get(0)));
      case "clock" -> protocol.clock(at(rest.get(0)));
      case "torn" -> protocol.unreadable(rest.get(0));
      case "rewind" -> protocol.rewind(at(rest.get(0)), at(rest.get(1)));
      case "gap" -> protocol.gap(at(rest.get(0)), at(rest.get(1)), rest.get(2));
      case "notice" -> gaps.due().forEach((name, gap) -> gaps.sent(name, gap, at(rest.get(0))));
      case "answer" -> {
        Map<String, Position> last = new HashMap<>();
        Map<String, Position> highest = new HashMap<>();
        rest.stream()
            .skip(1)
            .forEach(
                id ->
                    (id.charAt(1) == '?' ? highest : last)
                        .put(id.substring(0, 1), at(id.substring(1).replace("?", ""))));
        protocol.answered(new HistoryScripts.Attached(at(rest.get(0)), Map.of(), last, highest));
      }
      case "page" -> page(at(rest.get(0)), null, List.of(), rest.subList(1, rest.size()));
      case "void" -> {
        String channel = rest.get(0).equals("all") ? null : rest.get(0);
        StreamReset all = new StreamReset(channel, Reason.LOST, null, at(rest.get(1)));
        page(at(rest.get(1)), null, List.of(all), List.of());
      }
      case "unknown" -> page(at(rest.get(0)), Reason.UNKNOWN_ID, List.of(), List.of());
      default -> {
        Event event = Event.parse(words.get(0));
        protocol.event(
            event.channel, new Message(event.at, event.prev, event.kind == '~', event.sse()));
      }
    }
    String broken = protocol.broken();
    if (broken != null) {
      decisions.add("ends: " + broken.substring(broken.indexOf(':') + 2));
    } else if (protocol.repairFrom() != null) {
      decisions.add("reads after " + text(protocol.repairFrom()));
    }
  }

  private void page(
      Position upTo, @Nullable Reason broken, List<StreamReset> resets, List<String> events) {
    List<Page.Kept> kept = new ArrayList<>();
    for (String word : events) {
      Event event = Event.parse(word);
      Reason unsendable = event.kind == '!' ? Reason.OVERSIZED : null;
      kept.add(
          new Page.Kept(
              event.channel, new Entry(event.at, event.prev, event.sse(), unsendable, 0)));
    }
    if (protocol.repairFrom() == null) {
      throw new IllegalStateException("there is no repair: " + decisions);
    }
    protocol.repair(new Page(upTo, upTo, broken, resets, kept, Map.of(), upTo));
  }

  private record Event(String channel, Position at, char kind, Position prev) {
    static Event parse(String word) {
      String[] ids = word.substring(1).split("[<~!]", -1);
      char kind = word.charAt(1 + ids[0].length());
      return new Event(
          word.substring(0, 1), ProtocolScript.at(ids[0]), kind, ProtocolScript.at(ids[1]));
    }

    @Nullable SseEvent sse() {
      return kind == '!' ? null : SseEvent.of("x");
    }
  }

  private static Position at(String milliseconds) {
    return new Position(Long.parseLong(milliseconds), 0);
  }

  private static String text(@Nullable Position position) {
    return position == null ? "?" : "" + position.milliseconds();
  }

  @Override
  public void deliver(String channel, SseEvent event, Position position) {
    decisions.add("delivers " + channel + text(position));
  }

  @Override
  public void skip(String channel, Reason reason, Position position) {
    decisions.add("skips " + channel + text(position) + " " + reason);
  }

  @Override
  public void reached(Position position) {
    decisions.add("reaches " + text(position));
  }

  @Override
  public void opened(Collection<String> channels, Position from) {
    String[] sorted = channels.toArray(String[]::new);
    Arrays.sort(sorted);
    decisions.add("opens " + String.join(" ", sorted) + " at " + text(from));
  }

  @Override
  public void lost(StreamReset reset) {
    String channel = reset.channel() == null ? "all" : reset.channel();
    decisions.add("lost " + channel + " " + text(reset.from()) + " to " + text(reset.to()));
  }

  @Override
  public void rewound(Reason reason, @Nullable Position from, Position to) {
    decisions.add(reason + " " + text(from) + " to " + text(to));
  }

  @Override
  public void requestProbe() {
    decisions.add("probes");
  }

  @Override
  public boolean isLeaving(String channel) {
    return leaving.contains(channel);
  }

  @Override
  public void attached() {
    decisions.add("attached");
  }

  @Override
  public void reportGap(String channel, Position from) {
    decisions.add("reports gap " + channel + " after " + text(from));
    gaps.found(channel, from);
  }

  @Override
  public void gapTold(String channel, @Nullable Position from) {
    gaps.told(channel, from);
  }

  @Override
  public void reportUnheardGaps(Position probe) {
    if (gaps.passedBy(probe)) {
      gaps.due()
          .forEach(
              (name, gap) -> decisions.add("again gap " + name + " after " + text(gap.from())));
    }
  }

  @Override
  public void reportLoss(Position id) {
    decisions.add("reports loss " + text(id));
  }
}
