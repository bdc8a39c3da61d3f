package io.github.ssekit.harness;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;

/** Ports of the loopback interface, for servers that can't choose a free port themselves. */
public final class Ports {
  /**
   * Kernels give ports from 32,768 on to clients, and a Redis Cluster takes a second port, 10,000
   * higher.
   */
  private static final int FIRST = 11_000;

  private static final int END = 21_000;
  private static final Set<Integer> RETURNED = ConcurrentHashMap.newKeySet();

  private Ports() {}

  /**
   * Returns a free port that this method has not returned in this process before. The port is below
   * the range that kernels give to clients, so no client can take the port before the server binds
   * it.
   */
  public static int free() {
    for (int tries = 0; ; tries++) {
      int port = ThreadLocalRandom.current().nextInt(FIRST, END);
      try (ServerSocket free = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
        if (RETURNED.add(port)) {
          return free.getLocalPort();
        }
      } catch (IOException e) {
        if (tries > 1_000) {
          throw new UncheckedIOException(e);
        }
      }
    }
  }

  /** Whether a server accepts connections on a port. */
  public static boolean isListening(int port) {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      return socket.isConnected();
    } catch (IOException e) {
      return false;
    }
  }

  /**
   * Waits until a server accepts connections on a port.
   *
   * @throws IllegalStateException if no server does in time
   */
  public static void awaitListening(int port, Duration atMost) {
    long end = System.nanoTime() + atMost.toNanos();
    while (!isListening(port)) {
      if (System.nanoTime() - end > 0) {
        throw new IllegalStateException("nothing listens on port " + port + " after " + atMost);
      }
      LockSupport.parkNanos(20_000_000);
    }
  }
}
