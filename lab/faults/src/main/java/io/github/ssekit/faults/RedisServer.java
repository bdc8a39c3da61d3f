package io.github.ssekit.faults;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.exceptions.JedisException;
import redis.embedded.RedisExecProvider;

/** The Redis of a run: the installed one, else the binary that the embedded Redis brings. */
final class RedisServer {
  private static final int MILLIS = 5000;

  /** How much of what it held a Redis finds again when it starts. */
  enum Memory {
    ALWAYS,
    EVERYSEC,
    /** A snapshot that was taken somewhat earlier. */
    SNAPSHOT,
    NONE
  }

  private final String binary = binary();
  private final Path folder;
  private final List<String> always;
  private final int port = OwnProcess.freePort();
  private OwnProcess process;

  /**
   * @param options that hold for all its starts
   */
  RedisServer(Path folder, String... options) {
    this.folder = folder;
    always = List.of(options);
    process = launch("--appendonly", "yes");
  }

  static String binary() {
    String installed = OwnProcess.installed("redis-server");
    if (installed != null) {
      return installed;
    }
    try {
      return RedisExecProvider.defaultProvider().get().getAbsolutePath();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private OwnProcess launch(String... options) {
    List<String> command = new ArrayList<>(List.of(binary, "--bind", "127.0.0.1"));
    command.addAll(List.of("--port", "" + port, "--save", "", "--dir", folder.toString()));
    // Lets a copy be had at once.
    command.addAll(List.of("--repl-diskless-sync-delay", "0"));
    command.addAll(always);
    command.addAll(List.of(options));
    OwnProcess launched = OwnProcess.start(command, folder.resolve("redis.log").toFile());
    if (!Threads.await(10_000, this::answers)) {
      throw new IllegalStateException("Redis does not start: see " + folder);
    }
    return launched;
  }

  private boolean answers() {
    try (Jedis jedis = client(500)) {
      return "PONG".equals(jedis.ping());
    } catch (JedisException e) {
      return false;
    }
  }

  private Jedis client(int millis) {
    return new Jedis(URI.create("redis://127.0.0.1:" + port), millis);
  }

  int port() {
    return port;
  }

  void signal(String name) {
    process.signal(name);
  }

  /** Commands by a connection of the lab's own, through no proxy. */
  void run(Consumer<Jedis> commands) {
    try (Jedis jedis = client(MILLIS)) {
      commands.accept(jedis);
    }
  }

  /** What a command of the lab's own returns. */
  <T> T ask(Function<Jedis, T> question) {
    try (Jedis jedis = client(MILLIS)) {
      return question.apply(jedis);
    }
  }

  void kill() {
    process.kill();
  }

  /** After a kill, with all that its log has. */
  void start() {
    process = launch("--appendonly", "yes");
  }

  /** kill -9 now, and a start after the pause, with what that memory holds. */
  void killAndRestart(Memory memory, long pause) {
    switch (memory) {
      case ALWAYS, EVERYSEC -> {
        run(jedis -> jedis.configSet("appendfsync", memory.name().toLowerCase(Locale.ROOT)));
        kill(pause);
        process = launch("--appendonly", "yes");
      }
      case SNAPSHOT -> {
        run(
            jedis -> {
              jedis.configSet("appendonly", "no");
              jedis.save();
            });
        Threads.pause(700);
        kill(pause);
        process = launch("--appendonly", "no");
        appendAgain();
      }
      case NONE -> {
        kill(pause);
        forget();
        process = launch("--appendonly", "yes");
      }
    }
  }

  private void kill(long pause) {
    process.kill();
    Threads.pause(pause);
  }

  private void appendAgain() {
    run(
        jedis -> {
          jedis.configSet("appendonly", "yes");
          if (!Threads.await(
              MILLIS, () -> jedis.info("persistence").contains("aof_rewrite_in_progress:0"))) {
            throw new IllegalStateException("Redis does not write its log again");
          }
        });
    forgetSnapshot();
  }

  private void forgetSnapshot() {
    try {
      Files.deleteIfExists(folder.resolve("dump.rdb"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void forget() {
    forgetSnapshot();
    try (Stream<Path> files = Files.walk(folder.resolve("appendonlydir"))) {
      for (Path each : files.filter(Files::isRegularFile).toList()) {
        Files.delete(each);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  void close() {
    process.kill();
  }
}
