package io.github.ssekit.redis;

import redis.clients.jedis.Connection;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.JedisClientConfig;
import redis.clients.jedis.commands.ProtocolCommand;

/** A connection to a Redis server, which can also send without awaiting a reply. */
final class Wire extends Connection {
  private final RedisSocket socket;

  private boolean unsent;

  Wire(RedisSocket socket, JedisClientConfig config) {
    super(socket, config);
    this.socket = socket;
  }

  /** Where it leads to. */
  HostAndPort address() {
    return socket.address();
  }

  /** Sends at once. One thread may send while another one reads. */
  void send(ProtocolCommand command, byte[]... arguments) {
    sendCommand(command, arguments);
    flush();
  }

  /** See {@link RedisSocket#isQuiet}. */
  boolean isQuiet() {
    return socket.isQuiet();
  }

  /**
   * Whether the last command failed before all of it was sent: then no server can have run it, for
   * a server runs whole commands only. Known to the thread that sent it.
   */
  boolean isUnsent() {
    return unsent;
  }

  @Override
  protected void flush() {
    unsent = true;
    super.flush();
    unsent = false;
  }
}
