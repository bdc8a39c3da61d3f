package io.github.ssekit.servlet;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.catalina.Context;
import org.apache.catalina.Wrapper;
import org.apache.catalina.connector.Connector;
import org.apache.catalina.core.StandardContext;
import org.apache.catalina.startup.Tomcat;
import org.apache.coyote.http2.Http2Protocol;
import org.apache.tomcat.util.descriptor.web.FilterDef;
import org.apache.tomcat.util.descriptor.web.FilterMap;
import org.apache.tomcat.util.net.SSLHostConfig;
import org.apache.tomcat.util.net.SSLHostConfigCertificate;

/** Tomcat 11 or, with other jars on the class path, 10.1. */
final class TomcatServer implements Server {
  private final Tomcat tomcat = new Tomcat();
  private final StandardContext context;

  TomcatServer(Protocol protocol, Site site) throws Exception {
    Path bases = Files.createDirectories(Path.of("target", "tomcat"));
    tomcat.setBaseDir(Files.createTempDirectory(bases, "base").toAbsolutePath().toString());
    tomcat.setHostname("localhost");
    tomcat.setConnector(connector(protocol, site.compress()));
    context = (StandardContext) tomcat.addContext("", null);
    for (Served s : site.servlets()) {
      Wrapper wrapper = Tomcat.addServlet(context, s.path(), s.servlet());
      wrapper.setAsyncSupported(s.async());
      wrapper.addMapping(s.path());
    }
    site.filters().forEach(f -> add(context, f));
    tomcat.start();
  }

  private static Connector connector(Protocol protocol, boolean compress) throws IOException {
    Connector connector = new Connector();
    connector.setPort(0);
    connector.setProperty("address", "localhost");
    connector.setProperty("maxKeepAliveRequests", "-1");
    connector.setAsyncTimeout(500);
    if (compress) {
      connector.setProperty("compression", "force");
    }
    if (protocol.tls()) {
      connector.setSecure(true);
      connector.setScheme("https");
      connector.setProperty("SSLEnabled", "true");
      SSLHostConfig host = new SSLHostConfig();
      SSLHostConfigCertificate certificate =
          new SSLHostConfigCertificate(host, SSLHostConfigCertificate.Type.UNDEFINED);
      certificate.setCertificateKeystoreFile(Tls.keyStore().toString());
      certificate.setCertificateKeystorePassword(Tls.PASSWORD);
      host.addCertificate(certificate);
      connector.addSslHostConfig(host);
    }
    if (protocol == Protocol.HTTP_2) {
      Http2Protocol http2 = new Http2Protocol();
      // The tests end more streams a second than Tomcat allows on one connection by default.
      http2.setOverheadCountFactor(0);
      http2.setOverheadResetFactor(0);
      connector.addUpgradeProtocol(http2);
    }
    return connector;
  }

  private static void add(Context context, Filtered filtered) {
    FilterDef filter = new FilterDef();
    filter.setFilterName(filtered.path());
    filter.setFilter(filtered.filter());
    filter.setAsyncSupported(String.valueOf(filtered.async()));
    context.addFilterDef(filter);
    FilterMap map = new FilterMap();
    map.setFilterName(filtered.path());
    map.addURLPattern(filtered.path());
    context.addFilterMap(map);
  }

  @Override
  public int port() {
    return tomcat.getConnector().getLocalPort();
  }

  @Override
  public long unfinished() {
    return context.getInProgressAsyncCount();
  }

  @Override
  public void close() throws Exception {
    tomcat.stop();
    tomcat.destroy();
  }
}
