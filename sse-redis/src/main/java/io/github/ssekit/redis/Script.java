package io.github.ssekit.redis;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;

/**
 * A Lua script that Redis runs by its digest; Redis gets the text if it doesn't know the digest.
 */
final class Script {
  static final Script PUBLISH = of("publish.lua");
  static final Script ATTACH = of("attach.lua");
  static final Script MOVED = of("moved.lua");
  static final Script PAGE = of("page.lua");
  static final Script CLOCK = of("clock.lua");
  static final Script RIGHTS = of("rights.lua");
  static final Script GAP = of("gap.lua");
  static final Script RECENT = of("recent.lua");
  static final Script ANSWER_START = of("answer-start.lua");
  static final Script ANSWERS = of("answers.lua");
  static final Script HERE = of("here.lua");
  static final Script ANSWER = publishing("answer.lua");
  static final Script STATE = publishing("state.lua");
  static final Script PRESENCE = publishing("presence.lua");

  private final byte[] text;
  private final byte[] digest;

  private Script(String body) {
    text = (read("scope.lua") + body).getBytes(UTF_8);
    digest = sha1(text).getBytes(UTF_8);
  }

  private static Script of(String file) {
    return new Script(read(file));
  }

  /** A script that calls {@code publish.lua} as a function. */
  private static Script publishing(String file) {
    return new Script(
        "local function publish(KEYS, ARGV)\n" + read("publish.lua") + "end\n" + read(file));
  }

  private static String read(String file) {
    try (InputStream in = Script.class.getResourceAsStream(file)) {
      return new String(Objects.requireNonNull(in, file).readAllBytes(), UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Redis names scripts by SHA-1; nothing secret depends on it. */
  private static String sha1(byte[] text) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-1").digest(text));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java platform has SHA-1", e);
    }
  }

  /** Runs it: one round trip, except for the first time on a server. */
  Object run(RedisConnection connection, List<byte[]> keys, List<byte[]> args) {
    Object reply;
    try {
      reply = connection.call("EVALSHA", arguments(digest, keys, args));
    } catch (RedisFailure.Refused e) {
      if (!e.is("NOSCRIPT")) {
        throw e;
      }
      reply = connection.call("EVAL", arguments(text, keys, args));
    }
    connection.learnt(this);
    return reply;
  }

  /**
   * Puts it behind the commands that a connection will send. Redis refuses it with {@code NOSCRIPT}
   * if Redis has not {@linkplain RedisConnection#hasLearnt learnt} it, or has forgotten it since.
   */
  void append(RedisConnection connection, List<byte[]> keys, List<byte[]> args) {
    connection.append("EVALSHA", arguments(digest, keys, args));
  }

  private static List<byte[]> arguments(byte[] script, List<byte[]> keys, List<byte[]> args) {
    List<byte[]> all = new ArrayList<>(2 + keys.size() + args.size());
    all.add(script);
    all.add(Integer.toString(keys.size()).getBytes(UTF_8));
    all.addAll(keys);
    all.addAll(args);
    return all;
  }
}
