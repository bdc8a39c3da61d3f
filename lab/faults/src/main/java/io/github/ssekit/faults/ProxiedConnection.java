package io.github.ssekit.faults;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;

/** One connection through a proxy: near is the connecting side, far is the target. */
final class ProxiedConnection {
  /** Long enough for several events. */
  private static final long LATE_MILLIS = 200;

  private enum Cut {
    NONE,
    RESET,
    FINISH
  }

  private final FaultProxy proxy;
  private final Socket near;
  private final Socket far;
  private volatile Cut cut = Cut.NONE;

  ProxiedConnection(FaultProxy proxy, Socket near, Socket far) {
    this.proxy = proxy;
    this.near = near;
    this.far = far;
  }

  /** Passes bytes until an end or a failure. */
  void run() throws IOException {
    near.setTcpNoDelay(true);
    if (far.isConnected()) {
      far.setTcpNoDelay(true);
      Threads.daemon("proxied-down", this::down);
    }
    try {
      pump(near, far);
    } catch (IOException e) {
      reset();
    }
  }

  private void down() {
    try {
      pump(far, near);
    } catch (IOException e) {
      reset();
    }
  }

  private void pump(Socket from, Socket to) throws IOException {
    InputStream in = from.getInputStream();
    byte[] bytes = new byte[16 << 10];
    for (int count; (count = in.read(bytes)) >= 0; ) {
      FaultProxy.Mode mode = proxy.awaitFlow();
      if (mode == FaultProxy.Mode.SWALLOW || !to.isConnected()) {
        continue;
      }
      if (mode == FaultProxy.Mode.LATE_SUBSCRIBE
          && from == near
          && new String(bytes, 0, count, ISO_8859_1).contains("SUBSCRIBE")) {
        Threads.pause(LATE_MILLIS);
      }
      OutputStream out = to.getOutputStream();
      if (from == far && cut != Cut.NONE) {
        out.write(bytes, 0, count / 2);
        end();
        return;
      }
      out.write(bytes, 0, count);
    }
    if (to.isConnected()) {
      to.shutdownOutput();
    }
    if (from == far) {
      // The servers of the lab never half-close, so the connection has ended.
      near.close();
      far.close();
    }
  }

  private void end() throws IOException {
    if (cut == Cut.RESET) {
      reset();
    } else {
      near.close();
      reset(far);
    }
  }

  void cutNext(boolean reset) {
    cut = reset ? Cut.RESET : Cut.FINISH;
  }

  void reset() {
    reset(near);
    reset(far);
  }

  /** Closes with an RST. */
  static void reset(Socket socket) {
    try {
      socket.setSoLinger(true, 0);
      socket.close();
    } catch (IOException e) {
      // The socket was closed before, as wanted.
    }
  }
}
