package io.github.ssekit.redis;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.URLDecoder;
import java.net.URLEncoder;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * An instruction to all nodes, as text in a message on the control channel and in the stream of
 * kept directives:
 *
 * <pre>
 * directive = nonce SP verb SP owner SP channel   ; owner and channel percent-encoded, perhaps empty
 * verb      = "close" / "unsubscribe" / "count"
 * </pre>
 *
 * @param nonce identifies the directive, so that a node that gets it twice carries it out once
 * @param owner empty for a count
 * @param channel empty for a close
 */
record Directive(String nonce, Verb verb, String owner, String channel) {
  enum Verb {
    CLOSE("close"),
    UNSUBSCRIBE("unsubscribe"),
    COUNT("count");

    private final String word;

    Verb(String word) {
      this.word = word;
    }
  }

  static Directive of(Verb verb, String owner, String channel) {
    return new Directive(UUID.randomUUID().toString(), verb, owner, channel);
  }

  /** Whether Redis keeps the directive for nodes that miss the message. */
  boolean isKept() {
    return verb != Verb.COUNT;
  }

  /** Parses a text. Returns null if this version does not know the directive. */
  static @Nullable Directive parse(String text) {
    String[] words = text.split(" ", -1);
    if (words.length != 4) {
      return null;
    }
    for (Verb verb : Verb.values()) {
      if (verb.word.equals(words[1])) {
        try {
          return new Directive(words[0], verb, decoded(words[2]), decoded(words[3]));
        } catch (IllegalArgumentException e) {
          return null;
        }
      }
    }
    return null;
  }

  private static String decoded(String word) {
    return URLDecoder.decode(word, UTF_8);
  }

  @Override
  public String toString() {
    return String.join(
        " ", nonce, verb.word, URLEncoder.encode(owner, UTF_8), URLEncoder.encode(channel, UTF_8));
  }
}
