package io.github.ssekit.hub;

import io.github.ssekit.hub.ChannelLog.Entry;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The newest event of each key of a channel, in the order of their ordinals, bounded in keys and
 * bytes; shared by all connections that lag. Guarded by the hub's lock.
 */
final class NewestByKey {
  private final int maxKeys;
  private final long maxBytes;

  /** In the order of the ordinals: a key that comes again moves to the end. */
  private final Map<Object, Entry> entries = new LinkedHashMap<>();

  private long bytes;

  /** The highest ordinal that the bounds have dropped. */
  private long dropped;

  NewestByKey(int maxKeys, long maxBytes) {
    this.maxKeys = maxKeys;
    this.maxBytes = maxBytes;
  }

  void put(Object key, Entry entry) {
    Entry before = entries.remove(key);
    if (before != null) {
      bytes -= before.frame.length;
    }
    entries.put(key, entry);
    bytes += entry.frame.length;
    Iterator<Entry> oldest = entries.values().iterator();
    while (entries.size() > 1 && (entries.size() > maxKeys || bytes > maxBytes)) {
      Entry drop = oldest.next();
      oldest.remove();
      bytes -= drop.frame.length;
      dropped = drop.ordinal;
    }
  }

  /**
   * The entries behind an ordinal, at least one and then as many as fit a number of bytes; null if
   * one of them was dropped. No watermark limits them: the newest entry of a busy channel is above
   * the watermark of most sweeps.
   */
  @Nullable List<Entry> behind(long ordinal, int capBytes) {
    if (dropped > ordinal) {
      return null;
    }
    List<Entry> behind = new ArrayList<>();
    int length = 0;
    for (Entry entry : entries.values()) {
      if (entry.ordinal <= ordinal) {
        continue;
      }
      length += entry.frame.length;
      if (!behind.isEmpty() && length > capBytes) {
        break;
      }
      behind.add(entry);
    }
    return behind;
  }
}
