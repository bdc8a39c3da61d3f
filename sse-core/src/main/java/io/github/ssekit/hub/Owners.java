package io.github.ssekit.hub;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** The open connections of each owner. Guarded by the hub's lock. */
final class Owners {
  private final Map<String, List<Connection>> connections = new HashMap<>();

  /** The hub's lock. */
  private final ReentrantLock lock;

  Owners(ReentrantLock lock) {
    this.lock = lock;
  }

  /** The connections of an owner, in no order; valid while the lock is held. */
  List<Connection> of(@Nullable String owner) {
    assert lock.isHeldByCurrentThread();
    return owner == null ? List.of() : connections.getOrDefault(owner, List.of());
  }

  void add(Connection c) {
    assert lock.isHeldByCurrentThread();
    if (c.owner != null) {
      List<Connection> all = connections.computeIfAbsent(c.owner, o -> new ArrayList<>(1));
      c.ownerIndex = all.size();
      all.add(c);
    }
  }

  /** Removes a connection in constant time: the owner's last connection takes its place. */
  void remove(Connection c) {
    if (c.owner == null) {
      return;
    }
    List<Connection> all = of(c.owner);
    Connection last = all.remove(all.size() - 1);
    if (last != c) {
      all.set(c.ownerIndex, last);
      last.ownerIndex = c.ownerIndex;
    }
    if (all.isEmpty()) {
      connections.remove(c.owner);
    }
  }
}
