package io.github.ssekit.servlet;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * A wire between clients and a server, which harms their connections as networks and kernels do,
 * with any protocol. It takes only a few kilobytes from the server ahead of the client.
 */
final class Relay implements AutoCloseable {
  private final ServerSocket listener = new ServerSocket(0, 50, InetAddress.getByName("localhost"));
  private final ExecutorService threads = Executors.newCachedThreadPool();

  /** The sockets to the server; {@link #downstream} has the sockets to clients. */
  private final Queue<Socket> upstream = new ConcurrentLinkedQueue<>();

  private final Queue<Socket> downstream = new ConcurrentLinkedQueue<>();
  private final int server;

  /** Guarded by this. */
  private boolean paused;

  Relay(int server) throws IOException {
    this.server = server;
    threads.execute(this::accept);
  }

  int port() {
    return listener.getLocalPort();
  }

  /** From now on, the relay takes no bytes from the server. */
  synchronized void pause() {
    paused = true;
  }

  /** From now on, the relay takes the server's bytes again, and many at a time. */
  synchronized void resume() throws IOException {
    for (Socket socket : upstream) {
      socket.setReceiveBufferSize(1 << 20);
    }
    paused = false;
    notifyAll();
  }

  /** The server gets an RST on each connection. */
  void reset() throws IOException {
    for (Socket socket : upstream) {
      try {
        socket.setSoLinger(true, 0);
      } catch (SocketException closed) {
        // The copying thread has closed the socket: its other side has ended.
      }
    }
    end();
  }

  /** The server gets a FIN on each connection, and an RST for bytes that it sends after that. */
  void end() throws IOException {
    closeAll(upstream);
    closeAll(downstream);
  }

  private static void closeAll(Queue<Socket> sockets) throws IOException {
    for (Socket s = sockets.poll(); s != null; s = sockets.poll()) {
      s.close();
    }
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        Socket client = listener.accept();
        Socket socket = new Socket();
        socket.setReceiveBufferSize(4096);
        socket.connect(new InetSocketAddress("localhost", server));
        socket.setTcpNoDelay(true);
        client.setTcpNoDelay(true);
        downstream.add(client);
        upstream.add(socket);
        threads.execute(() -> copy(client, socket, false));
        threads.execute(() -> copy(socket, client, true));
      } catch (IOException e) {
        // Closed, or a client that left before it was taken.
      }
    }
  }

  /** Whichever side ends, both end. */
  private void copy(Socket from, Socket to, boolean gated) {
    try (from;
        to) {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      byte[] buffer = new byte[4096];
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        if (gated) {
          awaitResumed();
        }
        out.write(buffer, 0, n);
      }
    } catch (IOException e) {
      // The other direction has ended it.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private synchronized void awaitResumed() throws InterruptedException {
    while (paused) {
      wait();
    }
  }

  @Override
  public void close() throws IOException {
    listener.close();
    end();
    threads.shutdownNow();
  }
}
