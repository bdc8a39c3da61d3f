package io.github.ssekit.faults;

import io.github.ssekit.faults.KeyFacts.Entry;
import io.github.ssekit.faults.StateClient.Seen;
import io.github.ssekit.faults.StateClient.View;
import io.github.ssekit.hub.Position;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Judges the values of some state channels in Redis and in the clients, from confirmed events
 * alone.
 *
 * <ul>
 *   <li>Redis has of each key the newest confirmed value, or a newer unconfirmed value: <b>LOST</b>
 *       otherwise.
 *   <li>Each client's map equals the map in Redis: <b>DIFFERENT</b> otherwise.
 *   <li>No client gets an event twice (<b>DOUBLED</b>), and ids rise (<b>REORDERED</b>).
 *   <li>A client whose connection never broke, on a node that always heard Redis, gets all
 *       confirmed events: <b>MISSED</b> otherwise.
 *   <li>No client gets a reset, or an event that nobody has published: <b>WRONG</b> otherwise.
 * </ul>
 */
final class StateJudge {
  private final Map<String, KeyFacts> facts;
  private final Map<String, Entry> newest;
  private final boolean nodesHear;
  private final List<String> violations = new ArrayList<>();

  private StateJudge(Map<String, KeyFacts> facts, Map<String, Entry> newest, boolean nodesHear) {
    this.facts = facts;
    this.newest = newest;
    this.nodesHear = nodesHear;
  }

  /**
   * Returns all violations, in words.
   *
   * @param facts by key; a key begins with its channel's name, see {@link #channel}
   * @param newest the newest events in Redis, by key, removals too
   * @param nodesHear whether no node was without Redis
   */
  static List<String> judge(
      Map<String, KeyFacts> facts, Map<String, Entry> newest, List<View> views, boolean nodesHear) {
    StateJudge judge = new StateJudge(facts, newest, nodesHear);
    judge.redis();
    views.forEach(judge::view);
    return judge.violations;
  }

  /** The channel of a key. */
  static String channel(String key) {
    return StateServlet.channel(key.substring(0, key.indexOf('/')));
  }

  /** The values of the existing keys of some channels. */
  static Map<String, String> map(Map<String, Entry> newest, Set<String> channels) {
    Map<String, String> map = new TreeMap<>();
    newest.forEach(
        (key, entry) -> {
          if (!entry.value().isEmpty() && channels.contains(channel(key))) {
            map.put(key, entry.value());
          }
        });
    return map;
  }

  private void redis() {
    facts.forEach(
        (key, known) ->
            known.judge(newest.get(key)).forEach(what -> find("LOST", key + ": " + what)));
  }

  private void view(View view) {
    Set<String> ids = new HashSet<>();
    Position highest = null;
    for (Seen seen : view.seen()) {
      String what = view.name() + ": " + seen;
      String key = seen.key();
      Position id = Position.parse(seen.id());
      KeyFacts known = key == null ? null : facts.get(key);
      if (id == null || known == null || !known.wasSent(seen.value())) {
        find("WRONG", what);
        continue;
      }
      if (!ids.add(seen.id())) {
        find("DOUBLED", what);
      } else if (highest != null && !id.isAfter(highest)) {
        find("REORDERED", what + " after " + highest);
      }
      highest = highest == null || id.isAfter(highest) ? id : highest;
    }
    map(view);
    if (nodesHear && view.isUnbroken()) {
      whole(view, ids);
    }
  }

  private void map(View view) {
    Map<String, String> expected = map(newest, view.channels());
    Set<String> keys = new TreeSet<>(expected.keySet());
    keys.addAll(view.map().keySet());
    for (String key : keys) {
      String has = view.map().getOrDefault(key, "nothing");
      String redis = expected.getOrDefault(key, "nothing");
      if (!has.equals(redis)) {
        find("DIFFERENT", view.name() + ": has " + has + " of " + key + ", and Redis " + redis);
      }
    }
  }

  private void whole(View view, Set<String> ids) {
    facts.forEach(
        (key, known) -> {
          if (view.channels().contains(channel(key))) {
            known.stored().stream()
                .filter(id -> !ids.contains(id.toString()))
                .forEach(id -> find("MISSED", view.name() + ": " + id + " of " + key));
          }
        });
  }

  private void find(String kind, String what) {
    violations.add(kind + ": " + what);
  }
}
