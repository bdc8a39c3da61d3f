package io.github.ssekit.redis;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.security.GeneralSecurityException;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import org.jspecify.annotations.Nullable;

/**
 * Finds out, after connecting has failed without an answer, whether the server's port speaks TLS
 * and this end does not, or the reverse. Sends no secrets.
 */
final class TlsCheck {
  private static final int TIMEOUT_MILLIS = 1000;

  private TlsCheck() {}

  /** Returns how to change the URI, or null if TLS is not the cause. Takes two seconds at most. */
  static @Nullable String advice(RedisAddress address, boolean tls) {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(address.host(), address.port()), TIMEOUT_MILLIS);
      socket.setSoTimeout(TIMEOUT_MILLIS);
      if (tls) {
        return speaksPlain(socket)
            ? "this port does not speak TLS: use a redis URI in place of rediss, or Redis' TLS port"
            : null;
      }
      return speaksTls(socket, address)
          ? "this port speaks TLS: use a rediss URI in place of redis, or Redis' plain port"
          : null;
    } catch (IOException e) {
      // The cause is not TLS.
      return null;
    }
  }

  /** Every Redis answers a PING, if only with an error. */
  private static boolean speaksPlain(Socket socket) throws IOException {
    socket.getOutputStream().write("PING\r\n".getBytes(US_ASCII));
    int first = socket.getInputStream().read();
    return first == '+' || first == '-';
  }

  private static boolean speaksTls(Socket socket, RedisAddress address) throws IOException {
    SSLSocketFactory factory = (SSLSocketFactory) SSLSocketFactory.getDefault();
    try (SSLSocket secure =
        (SSLSocket) factory.createSocket(socket, address.host(), address.port(), true)) {
      secure.startHandshake();
      return true;
    } catch (SSLHandshakeException e) {
      // The server spoke TLS until its certificate was checked, or until it asked for ours.
      return e.getCause() instanceof GeneralSecurityException
          || String.valueOf(e.getMessage()).contains("alert");
    }
  }
}
