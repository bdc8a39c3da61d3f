package io.github.ssekit.redis;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Connection;
import redis.clients.jedis.Protocol.Command;
import redis.clients.jedis.exceptions.JedisNoScriptException;

/** A Lua script that runs inside Redis, by its digest; Redis is given the text when it asks. */
final class Script {
  static final Script PUBLISH = new Script("publish.lua");
  static final Script ATTACH = new Script("attach.lua");
  static final Script MOVED = new Script("moved.lua");
  static final Script PAGE = new Script("page.lua");
  static final Script LOOK = new Script("look.lua");
  static final Script RIGHTS = new Script("rights.lua");
  static final Script GAP = new Script("gap.lua");
  static final Script RECENT = new Script("recent.lua");

  private final byte[] text;
  private final byte[] digest;

  private Script(String file) {
    text = (read("scope.lua") + read(file)).getBytes(UTF_8);
    digest = sha1(text).getBytes(UTF_8);
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

  /** Runs it: one round trip, but for the first time on a server. */
  Object run(Connection connection, List<byte[]> keys, List<byte[]> args) {
    try {
      return connection.executeCommand(command(Command.EVALSHA, digest, keys, args));
    } catch (JedisNoScriptException e) {
      return connection.executeCommand(command(Command.EVAL, text, keys, args));
    }
  }

  private static CommandArguments command(
      Command command, byte[] script, List<byte[]> keys, List<byte[]> args) {
    CommandArguments all = new CommandArguments(command).add(script).add(keys.size());
    keys.forEach(all::add);
    args.forEach(all::add);
    return all;
  }
}
