package io.github.ssekit.bench;

import io.github.ssekit.harness.Ports;
import io.github.ssekit.harness.Programs;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * nginx with nchan. Its messages go through Redis in a format of its own. The benchmark therefore
 * publishes them over HTTP to nginx, which passes them to Redis and gets them back.
 */
final class Nchan {
  private static final Path MODULE = Path.of("/usr/lib/nginx/modules/ngx_nchan_module.so");

  private Nchan() {}

  static @Nullable String missing() {
    if (Programs.find("nginx").isEmpty()) {
      return "nginx is not installed";
    }
    return Files.exists(MODULE) ? null : "libnginx-mod-nchan is not installed";
  }

  static ServerProcess start(String redis) throws IOException {
    int port = Ports.free();
    Path folder = Files.createTempDirectory("bench-nginx");
    Path file = folder.resolve("nginx.conf");
    Files.writeString(file, configuration(folder, port, redis));
    ServerProcess process =
        ServerProcess.start(
            List.of(Programs.path("nginx"), "-c", "" + file, "-p", "" + folder, "-e", "stderr"),
            port);
    Ports.awaitListening(port, Duration.ofSeconds(10));
    awaitRedis(port);
    return process;
  }

  /** Waits up to 10 s until nginx has connected with Redis: nginx forgets earlier subscriptions. */
  private static void awaitRedis(int port) throws IOException {
    URL url = new URL("http://127.0.0.1:" + port + "/publish?channel=-1");
    for (int i = 0; i < 100; i++) {
      HttpURLConnection connection = (HttpURLConnection) url.openConnection();
      connection.setDoOutput(true);
      connection.getOutputStream().write('x');
      if (connection.getResponseCode() < 300) {
        return;
      }
      LockSupport.parkNanos(100_000_000);
    }
    throw new IOException("nginx doesn't reach Redis");
  }

  private static String configuration(Path folder, int port, String redis) {
    return """
        load_module %s;
        daemon off;
        worker_processes 1;
        worker_rlimit_nofile 20000;
        pid %s/pid;
        error_log stderr error;
        events { worker_connections 19000; }
        http {
          access_log off;
          client_body_temp_path %s/body;
          proxy_temp_path %s/proxy;
          fastcgi_temp_path %s/fastcgi;
          uwsgi_temp_path %s/uwsgi;
          scgi_temp_path %s/scgi;
          keepalive_requests 100000000;
          keepalive_timeout 1h;
          nchan_max_reserved_memory 256m;
          upstream redis { nchan_redis_server %s; }
          server {
            listen 127.0.0.1:%d backlog=1024;
            location /events {
              nchan_subscriber eventsource;
              nchan_channel_id c$arg_first;
              nchan_subscriber_first_message newest;
              nchan_redis_pass redis;
            }
            location /publish {
              nchan_publisher;
              nchan_channel_id c$arg_channel;
              nchan_redis_pass redis;
              nchan_message_buffer_length 100;
              nchan_message_timeout 10s;
            }
          }
        }
        """
        .formatted(MODULE, folder, folder, folder, folder, folder, folder, redis, port);
  }

  /** Publishes over one kept connection. At most 32 publishes wait for their answers. */
  static Publisher publisher(int port) throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
    socket.setTcpNoDelay(true);
    OutputStream out = socket.getOutputStream();
    InputStream in = socket.getInputStream();
    return new Publisher() {
      private int waiting;

      @Override
      public void publish(int channel, byte[] data) throws IOException {
        String head =
            "POST /publish?channel=%d HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n"
                .formatted(channel, data.length);
        out.write(
            (head + new String(data, StandardCharsets.US_ASCII))
                .getBytes(StandardCharsets.US_ASCII));
        waiting++;
        if (waiting == 32) {
          flush();
        }
      }

      @Override
      public void flush() throws IOException {
        for (; waiting > 0; waiting--) {
          answer();
        }
      }

      private void answer() throws IOException {
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
          int next = in.read();
          if (next < 0) {
            throw new IOException("nginx has closed the publisher's connection");
          }
          head.append((char) next);
        }
        int at = head.indexOf("Content-Length: ");
        if (at >= 0) {
          String length = head.substring(at + 16, head.indexOf("\r", at));
          in.skipNBytes(Integer.parseInt(length));
        }
      }

      @Override
      public void close() throws IOException {
        socket.close();
      }
    };
  }
}
