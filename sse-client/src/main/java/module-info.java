/** {@code EventSource} for Java: a client of event streams that reconnects and resumes. */
module io.github.ssekit.client {
  requires static org.jspecify;
  requires transitive io.github.ssekit.core;
  requires transitive java.net.http;

  exports io.github.ssekit.client;
}
