package io.github.ssekit.chat;

/**
 * A conversation, by its name, which is part of addresses, of channels and of a key in Redis.
 *
 * @param name 1 to 40 of A-Z, a-z, 0-9, dash and underscore; the first is no dash or underscore
 */
record Room(String name) {
  static final Room LOBBY = new Room("lobby");

  /** The prefix of the channels that have history: a page that comes back misses nothing. */
  static final String KEPT = "room:";

  /** Checks the name, and never repeats it: it may be anything. */
  Room {
    if (!name.matches("[A-Za-z0-9][A-Za-z0-9_-]{0,39}")) {
      throw new IllegalArgumentException(
          "a room's name is 1 to 40 of A-Z, a-z, 0-9, dash and underscore, and begins with none of the last two");
    }
  }

  /** What is said. */
  String channel() {
    return KEPT + name;
  }

  /** Who is here; as the next one without history. */
  String presence() {
    return "presence:" + name;
  }

  /** Who is typing. */
  String typing() {
    return "typing:" + name;
  }
}
