package io.github.ssekit.chat;

/**
 * A room, by its name. The name is part of addresses, of channel names and of a key in Redis.
 *
 * @param name 1 to 40 of A-Z, a-z, 0-9, dash and underscore, starting with a letter or digit; not
 *     "new" or "recent", whose addresses are the lobby's stream and messages
 */
record Room(String name) {
  static final Room LOBBY = new Room("lobby");

  /** The prefix of the channels with history: a page that reconnects misses nothing there. */
  static final String HISTORY_PREFIX = "room:";

  /** The prefix of the channels on which the library keeps the people in a room. */
  static final String PRESENCE_PREFIX = "presence:";

  /** Checks the name. The exception's message doesn't repeat the name, which may hold anything. */
  Room {
    if (name.equals("new") || name.equals("recent")) {
      throw new IllegalArgumentException(
          "no room is called \"new\" or \"recent\": choose another name");
    }
    if (!name.matches("[A-Za-z0-9][A-Za-z0-9_-]{0,39}")) {
      throw new IllegalArgumentException(
          "a room's name is 1 to 40 of A-Z, a-z, 0-9, dash and underscore, and begins with a letter or digit");
    }
  }

  /** The channel of the messages, with history. */
  String channel() {
    return HISTORY_PREFIX + name;
  }

  /** The channel of the people in the room. */
  String presence() {
    return PRESENCE_PREFIX + name;
  }

  /** The plain channel of the people who are typing. */
  String typing() {
    return "typing:" + name;
  }
}
