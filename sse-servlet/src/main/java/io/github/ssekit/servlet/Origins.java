package io.github.ssekit.servlet;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The origins whose pages may read a servlet's streams, and the server's part of the CORS protocol
 * (Fetch standard, 3.3). Origins are compared as whole strings, as browsers write them.
 */
final class Origins {
  static final String ANY = "*";

  /**
   * An origin as browsers write it: lower case, non-ASCII labels of the host in Punycode, no path.
   */
  private static final Pattern ORIGIN =
      Pattern.compile("[a-z][a-z0-9+.-]*://([a-z0-9._-]+|\\[[0-9a-f:.]+])(:[0-9]{1,5})?");

  private static final Pattern DEFAULT_PORT = Pattern.compile("http:.*:80|https:.*:443");

  /** Headers that are always allowed. EventSource needs none of them; clients built on fetch do. */
  private static final List<String> HEADERS =
      List.of("Last-Event-ID", "Cache-Control", "Authorization");

  /** A header's name (RFC 9110, 5.6.2). */
  private static final Pattern TOKEN = Pattern.compile("[A-Za-z0-9!#$%&'*+.^_`|~-]+");

  private final Set<String> allowed;
  private final boolean credentials;

  /** The value of Access-Control-Allow-Headers. */
  private final String allowedHeaders;

  /**
   * Checks and keeps the settings.
   *
   * @param headers the names of headers to allow besides {@link #HEADERS}
   * @throws IllegalArgumentException if an origin is not written as browsers write it; if every
   *     origin is allowed with credentials; or if a header is not a header's name
   */
  Origins(List<String> allowed, boolean credentials, List<String> headers) {
    for (String origin : allowed) {
      if (!origin.equals(ANY)
          && (!ORIGIN.matcher(origin).matches() || DEFAULT_PORT.matcher(origin).matches())) {
        throw new IllegalArgumentException(
            "origin \""
                + origin
                + "\": write it as browsers do, as in https://app.example or http://localhost:3000:"
                + " scheme and host in lower case, no default port, no slash at the end");
      }
    }
    if (credentials && allowed.contains(ANY)) {
      throw new IllegalArgumentException(
          "allowCredentials with the origin * lets every site read what your users may:"
              + " name the origins");
    }
    this.allowed = Set.copyOf(allowed);
    this.credentials = credentials;
    for (String header : headers) {
      if (header.equals("*") || !TOKEN.matcher(header).matches()) {
        throw new IllegalArgumentException(
            "header \""
                + header
                + "\": give the name of one request header, as in X-Api-Key; * is not allowed");
      }
    }
    this.allowedHeaders =
        Stream.concat(HEADERS.stream(), headers.stream()).collect(Collectors.joining(", "));
  }

  /**
   * Sets the headers that tell the browser which page may read the response. Returns false if the
   * requesting page may not read it. A request without an Origin passes: a page of another origin
   * sends Origin wherever the page could read the response.
   */
  boolean allow(HttpServletRequest request, HttpServletResponse response) {
    boolean any = allowed.contains(ANY);
    if (!any) {
      // On every response, so that no cache serves one origin's response to another.
      response.addHeader("Vary", "Origin");
    }
    String origin = request.getHeader("Origin");
    if (origin == null) {
      return true;
    }
    if (!any && !allowed.contains(origin)) {
      return false;
    }
    response.setHeader("Access-Control-Allow-Origin", any ? ANY : origin);
    if (credentials) {
      response.setHeader("Access-Control-Allow-Credentials", "true");
    }
    return true;
  }

  /** Whether the request is a preflight: a browser's question before the request itself. */
  static boolean isPreflight(HttpServletRequest request) {
    return request.getHeader("Origin") != null
        && request.getHeader("Access-Control-Request-Method") != null;
  }

  /** Answers the preflight of an allowed origin. */
  void answerPreflight(HttpServletResponse response) {
    response.setStatus(HttpServletResponse.SC_NO_CONTENT);
    response.setHeader("Access-Control-Allow-Methods", "GET");
    response.setHeader("Access-Control-Allow-Headers", allowedHeaders);
    response.setHeader("Access-Control-Max-Age", "600");
  }
}
