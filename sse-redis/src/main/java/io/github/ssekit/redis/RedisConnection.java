package io.github.ssekit.redis;

import static java.lang.System.Logger.Level.DEBUG;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.SocketTimeoutException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.ClientSetInfoConfig;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Connection;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.DefaultRedisCredentials;
import redis.clients.jedis.JedisClientConfig;
import redis.clients.jedis.RedisCredentials;
import redis.clients.jedis.RedisProtocol;
import redis.clients.jedis.args.Rawable;
import redis.clients.jedis.commands.ProtocolCommand;
import redis.clients.jedis.exceptions.JedisConnectionException;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.exceptions.JedisException;
import redis.clients.jedis.util.JedisClusterCRC16;

/**
 * A connection to a Redis server. With {@link RedisSocketFactory} the only class that uses Jedis:
 * commands go in as words and bytes, failures come out as {@link RedisFailure}.
 *
 * <p>For one thread at a time; but one thread may {@link #send} while another one reads.
 */
final class RedisConnection implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(RedisConnection.class.getName());

  /** How long a write may take, plus a millisecond for each {@link #BYTES_A_MILLI} bytes. */
  private static final int WRITE_MILLIS = 2_000;

  private static final int BYTES_A_MILLI = 1_024;
  private static final int SMALL_BYTES = 8 << 10;

  private final RedisSocketFactory socket;
  private final Client client;
  private String run;

  /**
   * How to log in and how long to wait.
   *
   * @param login asked once for each connection; null, or a supplier of null, for no login
   * @param answerMillis how long to wait for an answer
   * @param messageMillis how long to wait for the next message after {@link #awaitMessages}
   * @param clientName as {@code CLIENT LIST} shows it; null for none
   */
  record Options(
      @Nullable Supplier<@Nullable RedisLogin> login,
      int database,
      int answerMillis,
      int messageMillis,
      @Nullable String clientName) {

    private JedisClientConfig toJedis() {
      return DefaultJedisClientConfig.builder()
          // Negotiating the newer protocol would take another connection, before the first one.
          .protocol(RedisProtocol.RESP2)
          .clientSetInfoConfig(ClientSetInfoConfig.DISABLED)
          .socketTimeoutMillis(answerMillis)
          .blockingSocketTimeoutMillis(messageMillis)
          .credentialsProvider(this::credentials)
          .database(database)
          .clientName(clientName)
          .build();
    }

    private RedisCredentials credentials() {
      RedisLogin given = login == null ? null : login.get();
      return given == null
          ? new DefaultRedisCredentials(null, (CharSequence) null)
          : new DefaultRedisCredentials(given.user(), given.password());
    }
  }

  /**
   * Jedis' connection with a time limit for writes: a socket's timeout bounds its reads only, and a
   * network or a server that takes no bytes would hold a thread for a quarter of an hour.
   */
  private static final class Client extends Connection {
    private final RedisSocketFactory socket;
    private boolean isUnsent;

    /** Whether commands may be under way whose replies nobody has waited for. */
    private boolean isBehindOthers;

    /**
     * The time limit of the present write; null if there is none. Used by the thread that writes.
     */
    private @Nullable CompletableFuture<Void> limit;

    Client(RedisSocketFactory socket, JedisClientConfig config) {
      super(socket, config);
      this.socket = socket;
    }

    @Override
    public void sendCommand(CommandArguments arguments) {
      isUnsent = true;
      long bytes = 0;
      for (Rawable argument : arguments) {
        bytes += argument.getRaw().length;
      }
      // A small command with nothing queued before it fits into the kernel's buffer, so it needs no
      // limit. Jedis' constructor, in which the socket is null, sends only small commands.
      if (limit == null && socket != null && (isBehindOthers || bytes > SMALL_BYTES)) {
        limit = limit(bytes);
      }
      // This already writes if the command is large.
      try {
        super.sendCommand(arguments);
      } catch (JedisConnectionException e) {
        endLimit();
        throw e;
      }
    }

    @Override
    protected void flush() {
      isUnsent = true;
      try {
        super.flush();
        isUnsent = false;
      } finally {
        endLimit();
      }
    }

    /** Begins the time limit until all is flushed. */
    private CompletableFuture<Void> limit(long bytes) {
      CompletableFuture<Void> made = new CompletableFuture<>();
      CompletableFuture<Void> unused =
          made.orTimeout(WRITE_MILLIS + bytes / BYTES_A_MILLI, TimeUnit.MILLISECONDS)
              .whenComplete(
                  (none, late) -> {
                    if (late != null) {
                      // On the JDK's timer, since closing does not wait: the common pool may be
                      // busy for long.
                      socket.closeMade();
                    }
                  });
      return made;
    }

    /**
     * Ends the time limit. Throws if it has passed: the socket is closed then, or will be in a
     * moment.
     */
    private void endLimit() {
      CompletableFuture<Void> ended = limit;
      limit = null;
      if (ended != null && !ended.complete(null)) {
        setBroken();
        throw new JedisConnectionException(new SocketTimeoutException("a write takes too long"));
      }
    }

    void sendNow(ProtocolCommand command, byte[]... arguments) {
      isBehindOthers = true;
      sendCommand(command, arguments);
      flush();
    }
  }

  /** The scripts that the server has, as far as this connection knows. */
  private final Set<Script> scripts = new HashSet<>();

  private RedisConnection(RedisSocketFactory socket, Client client) {
    this.socket = socket;
    this.client = client;
    run = socket.address().toString();
  }

  /** Connects and logs in. */
  static RedisConnection open(RedisSocketFactory socket, Options options) {
    try {
      return translating(() -> new RedisConnection(socket, new Client(socket, options.toJedis())));
    } catch (Throwable e) {
      // Jedis doesn't close the socket if the login supplier fails.
      socket.closeMade();
      throw e;
    }
  }

  /** The server has run a script, so it has the script. */
  void learnt(Script script) {
    scripts.add(script);
  }

  /** The server has forgotten its scripts. */
  void forgotScripts() {
    scripts.clear();
  }

  /** Whether the server has a script, as far as this connection knows. */
  boolean hasLearnt(Script script) {
    return scripts.contains(script);
  }

  RedisAddress address() {
    return socket.address();
  }

  /**
   * The run of the server at the other end, once it was {@linkplain #readRun read}; before, its
   * address.
   */
  String run() {
    return run;
  }

  /** Asks the server for its run, which can't change while the connection stands. */
  void readRun() {
    run =
        new String((byte[]) call("INFO", "server".getBytes(UTF_8)), UTF_8)
            .lines()
            .filter(line -> line.startsWith("run_id:"))
            .map(line -> line.substring("run_id:".length()).strip())
            .findFirst()
            .orElseThrow(() -> new RedisFailure.Refused("INFO server names no run_id"));
  }

  /** Sends a command and waits for the reply. */
  Object call(String command, byte[]... arguments) {
    return call(command, List.of(arguments));
  }

  /** Sends a command and waits for the reply. */
  Object call(String command, List<byte[]> arguments) {
    CommandArguments all = arguments(command, arguments);
    client.isBehindOthers = false;
    return translating(() -> client.executeCommand(all));
  }

  private static CommandArguments arguments(String command, List<byte[]> arguments) {
    CommandArguments all = new CommandArguments(word(command));
    arguments.forEach(all::add);
    return all;
  }

  /**
   * Puts a command behind the commands that wait to be sent. {@link #flush} sends all of them; some
   * may be sent before. If this fails, not all of the command was sent.
   */
  void append(String command, List<byte[]> arguments) {
    CommandArguments all = arguments(command, arguments);
    client.isBehindOthers = true;
    translating(
        () -> {
          client.sendCommand(all);
          return command;
        });
  }

  /**
   * Sends the appended commands. If this fails, {@link #isUnsent} tells whether part of the last
   * command was not sent.
   */
  void flush() {
    translating(
        () -> {
          client.flush();
          return run;
        });
  }

  /** Sends a command at once, without waiting for its reply. */
  void send(String command, byte[]... arguments) {
    translating(
        () -> {
          client.sendNow(word(command), arguments);
          return command;
        });
  }

  /** From now on {@link #next} waits up to {@code messageMillis}. */
  void awaitMessages() {
    translating(
        () -> {
          client.setTimeoutInfinite();
          return run;
        });
  }

  /** Waits for the next reply or message. */
  Object next() {
    return translating(client::getUnflushedObject);
  }

  /** See {@link RedisSocketFactory#isQuiet}. */
  boolean isQuiet() {
    return socket.isQuiet();
  }

  /**
   * Whether the last command failed before all of it was sent: then no server can have run it,
   * since a server runs whole commands only. For the thread that sent it.
   */
  boolean isUnsent() {
    return client.isUnsent;
  }

  /**
   * Ends the connection: a thread that waits for a reply gets a failure. Any thread may call this.
   */
  void disconnect() {
    // First: Jedis would wait for a write that is under way.
    ending(socket::closeMade);
    ending(client::disconnect);
  }

  @Override
  public void close() {
    ending(client::close);
  }

  /**
   * Jedis flushes before it closes the socket; if that fails, it throws, but closes the socket too.
   */
  private static void ending(Runnable action) {
    try {
      action.run();
    } catch (JedisException e) {
      LOG.log(DEBUG, "A connection to Redis had broken before it was closed: {0}", Diagnosis.of(e));
    }
  }

  /** The cluster slot of a key. */
  static int slotOf(byte[] key) {
    return JedisClusterCRC16.getSlot(key);
  }

  private static ProtocolCommand word(String command) {
    byte[] raw = command.getBytes(UTF_8);
    return () -> raw;
  }

  private static <T> T translating(Supplier<T> action) {
    try {
      return action.get();
    } catch (JedisDataException e) {
      throw new RedisFailure.Refused(e);
    } catch (JedisException e) {
      throw new RedisFailure.Disconnected(e);
    }
  }
}
