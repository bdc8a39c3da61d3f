package io.github.ssekit.redis;

import redis.clients.jedis.Connection;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.JedisClientConfig;
import redis.clients.jedis.commands.ProtocolCommand;

/** A connection to a Redis server, which can also send without awaiting a reply. */
final class Wire extends Connection {
  Wire(HostAndPort address, JedisClientConfig config) {
    super(address, config);
  }

  /** Sends at once. One thread may send while another one reads. */
  void send(ProtocolCommand command, byte[]... arguments) {
    sendCommand(command, arguments);
    flush();
  }
}
