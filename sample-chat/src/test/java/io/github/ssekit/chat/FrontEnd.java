package io.github.ssekit.chat;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.awaitility.Awaitility.await;

import io.github.ssekit.harness.Ports;
import io.github.ssekit.harness.Programs;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** An installed nginx or haproxy in front of one or two nodes, as a process in its own folder. */
final class FrontEnd implements AutoCloseable {
  private final Process process;
  private final Path log;
  private final URI uri;

  private FrontEnd(List<String> command, Path folder, boolean tls, int port) throws IOException {
    log = folder.resolve("log");
    uri = URI.create((tls ? "https" : "http") + "://localhost:" + port + "/chats");
    process =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> Ports.isListening(port) || !process.isAlive());
    if (!process.isAlive()) {
      throw new IOException(command.get(0) + " has ended: " + Files.readString(log, UTF_8));
    }
  }

  /**
   * nginx with all its defaults, and the settings that it needs to run here: its own files, and one
   * process in the foreground.
   *
   * @param more directives of the server
   */
  static FrontEnd nginx(Path folder, int node, boolean tls, String more) throws IOException {
    return nginx(folder, "", "localhost:" + node, tls, more);
  }

  /** nginx in front of two nodes, as docs/front-ends.md shows it. */
  static FrontEnd nginx(Path folder, int one, int other) throws IOException {
    String nodes =
        """
        upstream nodes {
          server localhost:%d max_fails=1 fail_timeout=2s;
          server localhost:%d max_fails=1 fail_timeout=2s;
        }
        """
            .formatted(one, other);
    String to = "nodes; proxy_connect_timeout 2s; proxy_set_header Host $http_host";
    return nginx(folder, nodes, to, false, "");
  }

  private static FrontEnd nginx(Path folder, String nodes, String to, boolean tls, String more)
      throws IOException {
    int port = Ports.free();
    String listen =
        tls
            ? "%d ssl http2; ssl_certificate chat.pem; ssl_certificate_key chat.pem".formatted(port)
            : "" + port;
    String configuration =
        """
        daemon off; pid pid; error_log stderr; events {}
        http {
          access_log off; client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;
          uwsgi_temp_path uwsgi; scgi_temp_path scgi;
          %s
          server {
            listen 127.0.0.1:%s;
            %s
            location / { proxy_pass http://%s; }
          }
        }
        """
            .formatted(nodes, listen, more, to);
    Path file = Files.writeString(folder.resolve("nginx.conf"), configuration);
    List<String> command =
        List.of(Programs.path("nginx"), "-p", "" + folder, "-c", "" + file, "-e", "stderr");
    return new FrontEnd(command, folder, tls, port);
  }

  /**
   * haproxy with the timeouts that it asks for.
   *
   * @param more a line of its defaults
   */
  static FrontEnd haproxy(Path folder, int node, boolean tls, String more) throws IOException {
    return haproxy(folder, "server node localhost:" + node, tls, more);
  }

  /** haproxy in front of two nodes, as docs/front-ends.md shows it. */
  static FrontEnd haproxy(Path folder, int one, int other) throws IOException {
    String nodes =
        """
        balance leastconn
          option redispatch 1
          default-server check inter 2s
          server node1 localhost:%d
          server node2 localhost:%d
        """
            .formatted(one, other);
    return haproxy(folder, nodes, false, "option http-no-delay");
  }

  private static FrontEnd haproxy(Path folder, String nodes, boolean tls, String more)
      throws IOException {
    int port = Ports.free();
    String bind = port + (tls ? " ssl crt chat.pem alpn h2,http/1.1" : "");
    String configuration =
        """
        defaults
          mode http
          timeout connect 5s
          timeout client 60s
          timeout server 60s
          %s
        listen chat
          bind 127.0.0.1:%s
          %s
        """
            .formatted(more, bind, nodes);
    Path file = Files.writeString(folder.resolve("haproxy.cfg"), configuration);
    return new FrontEnd(
        List.of(Programs.path("haproxy"), "-db", "-f", "" + file), folder, tls, port);
  }

  /** Creates a self-signed certificate for localhost, with its key, as chat.pem. */
  static void certificate(Path folder) throws IOException, InterruptedException {
    List<String> command =
        List.of(
            Programs.path("openssl"),
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=localhost",
            "-addext",
            "subjectAltName=DNS:localhost",
            "-keyout",
            "key.pem",
            "-out",
            "certificate.pem");
    Path log = folder.resolve("openssl.log");
    int exit =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start()
            .waitFor();
    if (exit != 0) {
      throw new IOException("openssl: " + Files.readString(log, UTF_8));
    }
    String both =
        Files.readString(folder.resolve("certificate.pem"))
            + Files.readString(folder.resolve("key.pem"));
    Files.writeString(folder.resolve("chat.pem"), both);
  }

  URI uri() {
    return uri;
  }

  @Override
  public void close() {
    process.descendants().forEach(ProcessHandle::destroy);
    process.destroy();
    await().atMost(Duration.ofSeconds(20)).until(() -> !process.isAlive());
  }
}
