package io.github.ssekit.redis;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.github.ssekit.hub.Position;
import org.jspecify.annotations.Nullable;

/**
 * A message on the control channel of a scope.
 *
 * <pre>
 * message = "ping" SP nonce               ; a probe where no channel has history
 *         / "probe" SP id SP nonce        ; a probe
 *         / "clock" SP clock SP nonce     ; a probe where Redis refuses writes
 *         / "rewind" SP id SP from        ; events between from and id are lost
 *         / "gap" SP id SP from SP channel; the same, for one channel, on some node
 *         / "directive" SP directive      ; an instruction to all nodes, see {@link Directive}
 *         / "reply" SP nonce SP number    ; how many connections a directive found on a node
 * </pre>
 *
 * Anybody with the right to publish there may send anything: unknown words with an id only advance
 * the position.
 *
 * @param id null for a ping, a directive and a reply
 * @param from null if it can't be read, and for all words but rewind and gap
 * @param text the nonce or the channel; for a directive and a reply, all text after the word
 */
record ControlMessage(String word, @Nullable Position id, @Nullable Position from, String text) {

  /** Returns the payload of a ping. */
  static byte[] ping(String nonce) {
    return ("ping " + nonce).getBytes(UTF_8);
  }

  /** Parses a payload. Returns null if the payload is not a control message. */
  static @Nullable ControlMessage parse(byte[] payload) {
    String[] words = new String(payload, UTF_8).split(" ", 3);
    if (words.length == 2 && words[0].equals("ping")) {
      return new ControlMessage(words[0], null, null, words[1]);
    }
    if (words.length == 3 && (words[0].equals("directive") || words[0].equals("reply"))) {
      return new ControlMessage(words[0], null, null, words[1] + " " + words[2]);
    }
    Position id = words.length == 3 ? Position.parse(words[1]) : null;
    if (id == null) {
      return null;
    }
    return switch (words[0]) {
      case "rewind" -> new ControlMessage(words[0], id, Position.parse(words[2]), "");
      case "gap" -> gap(id, words[2].split(" ", 2));
      default -> new ControlMessage(words[0], id, null, words[2]);
    };
  }

  private static ControlMessage gap(Position id, String[] words) {
    return words.length == 2
        ? new ControlMessage("gap", id, Position.parse(words[0]), words[1])
        : new ControlMessage("", id, null, "");
  }
}
