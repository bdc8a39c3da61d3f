package io.github.ssekit.redis;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.JedisSocketFactory;
import redis.clients.jedis.exceptions.JedisConnectionException;

/**
 * Makes the socket of one connection to Redis, and keeps it. Jedis makes sockets too, but not from
 * an SSLContext, and it hides them.
 */
final class RedisSocketFactory implements JedisSocketFactory {
  private final RedisAddress address;
  private final @Nullable Tls tls;
  private final int connectMillis;
  private final int answerMillis;

  private volatile @Nullable Socket made;

  /**
   * @param tls null for a plain socket
   * @param connectMillis how long to wait at most for each of the host's addresses
   * @param answerMillis how long to wait at most for each answer, in TLS's handshake too
   */
  RedisSocketFactory(RedisAddress address, @Nullable Tls tls, int connectMillis, int answerMillis) {
    this.address = address;
    this.tls = tls;
    this.connectMillis = connectMillis;
    this.answerMillis = answerMillis;
  }

  RedisAddress address() {
    return address;
  }

  @Override
  public Socket createSocket() {
    if (made != null) {
      // Jedis would go on over another socket, on which nobody has logged in.
      throw new JedisConnectionException("the connection to " + address + " has ended");
    }
    Socket plain = connect();
    try {
      plain.setSoTimeout(answerMillis);
      Socket socket = tls == null ? plain : tls.over(plain, address);
      made = socket;
      return socket;
    } catch (IOException | RuntimeException e) {
      close(plain);
      throw failure(e);
    }
  }

  /**
   * Whether the other end still holds the connection, as far as this end knows: there is nothing to
   * read, not even the end. For a connection without an outstanding reply. Waits 1 ms.
   */
  boolean isQuiet() {
    Socket socket = made;
    if (socket == null) {
      return false;
    }
    try {
      int millis = socket.getSoTimeout();
      socket.setSoTimeout(1);
      try {
        int unused = socket.getInputStream().read();
        return false;
      } catch (SocketTimeoutException e) {
        return true;
      } finally {
        socket.setSoTimeout(millis);
      }
    } catch (IOException e) {
      return false;
    }
  }

  /** Closes the socket, if there is one. */
  void closeMade() {
    Socket socket = made;
    if (socket != null) {
      close(socket);
    }
  }

  private Socket connect() {
    InetAddress[] all;
    try {
      all = InetAddress.getAllByName(address.host());
    } catch (UnknownHostException e) {
      throw new JedisConnectionException("unknown host " + address.host(), e);
    }
    JedisConnectionException failure = null;
    for (InetAddress each : all) {
      Socket socket = new Socket();
      try {
        socket.setKeepAlive(true);
        socket.setTcpNoDelay(true);
        // Closing must not wait, not even for the peer of a TLS connection to read.
        socket.setSoLinger(true, 0);
        socket.connect(new InetSocketAddress(each, address.port()), connectMillis);
        return socket;
      } catch (IOException e) {
        close(socket);
        if (failure == null) {
          failure = failure(e);
        } else {
          failure.addSuppressed(e);
        }
      }
    }
    throw failure == null ? failure(new UnknownHostException(address.host())) : failure;
  }

  private JedisConnectionException failure(Exception e) {
    return new JedisConnectionException("no connection to " + address + ": " + e.getMessage(), e);
  }

  private static void close(Socket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      throw new JedisConnectionException(e);
    }
  }
}
