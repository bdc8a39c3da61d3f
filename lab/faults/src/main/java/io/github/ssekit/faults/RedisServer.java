package io.github.ssekit.faults;

import io.github.ssekit.harness.RedisProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;
import redis.clients.jedis.Jedis;

/** The Redis of a run: the installed {@code redis-server}, or else the embedded Redis' binary. */
final class RedisServer {
  private static final int MILLIS = 5000;

  /** The data that a Redis still has when it starts again. */
  enum Memory {
    ALWAYS,
    EVERYSEC,
    /** A snapshot that was taken somewhat earlier. */
    SNAPSHOT,
    NONE
  }

  private final Path folder;
  private final RedisProcess process;

  /**
   * @param options options for all starts
   */
  RedisServer(Path folder, String... options) {
    this.folder = folder;
    // No delay, so that a replica gets its copy immediately.
    List<String> all = new ArrayList<>(List.of("--repl-diskless-sync-delay", "0"));
    all.addAll(List.of(options));
    all.addAll(List.of("--appendonly", "yes"));
    process = RedisProcess.startInstalled(folder, all.toArray(String[]::new));
  }

  private Jedis client() {
    return new Jedis(process.uri(), MILLIS);
  }

  int port() {
    return process.port();
  }

  void pause() {
    process.pause();
  }

  void resume() {
    process.resume();
  }

  /** Runs commands on a connection of the lab's own, through no proxy. */
  void run(Consumer<Jedis> commands) {
    try (Jedis jedis = client()) {
      commands.accept(jedis);
    }
  }

  /** Returns the result of a command of the lab's own. */
  <T> T ask(Function<Jedis, T> question) {
    try (Jedis jedis = client()) {
      return question.apply(jedis);
    }
  }

  void kill() {
    process.kill();
  }

  /** Starts Redis after a kill, with all data of its append-only file. */
  void start() {
    process.restart();
  }

  /** Kills Redis (SIGKILL), and starts it after the pause with the data of the given memory. */
  void killAndRestart(Memory memory, long pause) {
    switch (memory) {
      case ALWAYS, EVERYSEC -> {
        run(jedis -> jedis.configSet("appendfsync", memory.name().toLowerCase(Locale.ROOT)));
        kill(pause);
        process.restart();
      }
      case SNAPSHOT -> {
        run(
            jedis -> {
              jedis.configSet("appendonly", "no");
              jedis.save();
            });
        Threads.pause(700);
        kill(pause);
        process.restart("--appendonly", "no");
        appendAgain();
      }
      case NONE -> {
        kill(pause);
        forget();
        process.restart();
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
    process.close();
  }
}
