package io.github.ssekit.redis;

import java.io.IOException;
import java.net.Socket;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/**
 * The trust and the key of connections over TLS: from an {@link SSLContext}, or from files. The
 * files are read again for each connection, so that a certificate may be renewed while the bridge
 * runs. Immutable.
 *
 * <p>Jedis's own SslOptions take no context, and in 6.0 no file without its type.
 *
 * @param context in place of the files, or null
 * @param trust null to trust the certificates that the JVM trusts
 * @param key null to show no certificate
 */
record Tls(@Nullable SSLContext context, @Nullable Store trust, @Nullable Store key) {
  static final Tls DEFAULT = new Tls(null, null, null);

  /** A JKS or PKCS12 file. */
  record Store(Path file, String password) {
    /**
     * @throws IllegalArgumentException if it can't be read, or the password is wrong
     */
    KeyStore read() {
      try {
        return KeyStore.getInstance(file.toFile(), password.toCharArray());
      } catch (IOException | GeneralSecurityException | IllegalArgumentException e) {
        throw new IllegalArgumentException("key store " + file + ": " + e.getMessage(), e);
      }
    }

    /** Without the password. */
    @Override
    public String toString() {
      return file.toString();
    }
  }

  Tls withContext(SSLContext other) {
    return new Tls(other, trust, key);
  }

  Tls withTrust(Store other) {
    return new Tls(context, other, key);
  }

  Tls withKey(Store other) {
    return new Tls(context, trust, other);
  }

  /**
   * @param isAskedFor whether the URI asks for TLS
   * @throws IllegalArgumentException if the settings contradict each other, or a file can't be read
   */
  void check(boolean isAskedFor) {
    if (!isAskedFor && !equals(DEFAULT)) {
      throw new IllegalArgumentException(
          "Redis URI without TLS, and sslContext, trustStore or keyStore besides:"
              + " write rediss in place of redis");
    }
    if (context != null && (trust != null || key != null)) {
      throw new IllegalArgumentException(
          "sslContext, and trustStore or keyStore besides: give one or the other");
    }
    if (isAskedFor) {
      SSLContext unused = forConnection();
    }
  }

  /** Speaks TLS over a connected socket. The other end must have a certificate for the host. */
  Socket over(Socket plain, RedisAddress address) throws IOException {
    SSLSocket socket =
        (SSLSocket)
            forConnection()
                .getSocketFactory()
                .createSocket(plain, address.host(), address.port(), true);
    SSLParameters parameters = socket.getSSLParameters();
    parameters.setEndpointIdentificationAlgorithm("HTTPS");
    socket.setSSLParameters(parameters);
    socket.startHandshake();
    return socket;
  }

  private SSLContext forConnection() {
    if (context != null) {
      return context;
    }
    try {
      SSLContext made = SSLContext.getInstance("TLS");
      made.init(key == null ? null : keys(key), trust == null ? null : trusted(trust), null);
      return made;
    } catch (GeneralSecurityException e) {
      throw new IllegalArgumentException(
          "TLS with trust store %s and key store %s: %s".formatted(trust, key, e.getMessage()), e);
    }
  }

  private static KeyManager[] keys(Store store) throws GeneralSecurityException {
    KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(store.read(), store.password().toCharArray());
    return keys.getKeyManagers();
  }

  private static TrustManager[] trusted(Store store) throws GeneralSecurityException {
    TrustManagerFactory trusted =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trusted.init(store.read());
    return trusted.getTrustManagers();
  }
}
