package io.github.ssekit.servlet;

import org.eclipse.jetty.alpn.server.ALPNServerConnectionFactory;
import org.eclipse.jetty.http2.server.HTTP2ServerConnectionFactory;
import org.eclipse.jetty.io.RateControl;
import org.eclipse.jetty.server.ConnectionFactory;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.RequestLog;
import org.eclipse.jetty.server.SecureRequestCustomizer;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.SslConnectionFactory;
import org.eclipse.jetty.server.handler.GracefulHandler;
import org.eclipse.jetty.server.handler.gzip.GzipHandler;
import org.eclipse.jetty.util.ssl.SslContextFactory;

/** Jetty 12.1, with a context of any of its servlet modules. */
final class JettyServer implements Server {
  private final org.eclipse.jetty.server.Server server = new org.eclipse.jetty.server.Server();
  private final ServerConnector connector;
  private final GracefulHandler counting;

  @SuppressWarnings("removal") // Most applications still have GzipHandler.
  JettyServer(Protocol protocol, Handler context, boolean compress) throws Exception {
    connector = new ServerConnector(server, factories(protocol));
    connector.setHost("localhost");
    server.addConnector(connector);
    counting = new GracefulHandler(compress ? new GzipHandler(context) : context);
    server.setHandler(counting);
    server.start();
  }

  /** Sets a log that gets each request at its end. */
  void logRequests(RequestLog log) {
    server.setRequestLog(log);
  }

  private static ConnectionFactory[] factories(Protocol protocol) throws Exception {
    HttpConfiguration config = new HttpConfiguration();
    HttpConnectionFactory http = new HttpConnectionFactory(config);
    if (!protocol.tls()) {
      return new ConnectionFactory[] {http};
    }
    config.addCustomizer(new SecureRequestCustomizer());
    SslContextFactory.Server ssl = new SslContextFactory.Server();
    ssl.setKeyStorePath(Tls.keyStore().toString());
    ssl.setKeyStorePassword(Tls.PASSWORD);
    if (protocol == Protocol.HTTP_1_TLS) {
      return new ConnectionFactory[] {new SslConnectionFactory(ssl, http.getProtocol()), http};
    }
    HTTP2ServerConnectionFactory http2 = new HTTP2ServerConnectionFactory(config);
    // The tests end more streams a second than Jetty allows on one connection by default.
    http2.setRateControlFactory(new RateControl.Factory() {});
    ALPNServerConnectionFactory alpn = new ALPNServerConnectionFactory();
    alpn.setDefaultProtocol(http.getProtocol());
    return new ConnectionFactory[] {
      new SslConnectionFactory(ssl, alpn.getProtocol()), alpn, http2, http
    };
  }

  @Override
  public int port() {
    return connector.getLocalPort();
  }

  @Override
  public long unfinished() {
    return counting.getCurrentRequestCount();
  }

  @Override
  public void close() throws Exception {
    server.stop();
  }
}
