package io.github.ssekit.servlet;

import java.net.http.HttpClient.Version;

/** The protocol of a cell of the matrix. */
enum Protocol {
  HTTP_1("HTTP/1.1", "http", Version.HTTP_1_1),
  HTTP_1_TLS("HTTP/1.1 over TLS", "https", Version.HTTP_1_1),
  /** Over TLS, chosen by ALPN, as browsers do it. */
  HTTP_2("HTTP/2", "https", Version.HTTP_2);

  final String title;
  final String scheme;
  final Version version;

  Protocol(String title, String scheme, Version version) {
    this.title = title;
    this.scheme = scheme;
    this.version = version;
  }

  boolean tls() {
    return this != HTTP_1;
  }
}
