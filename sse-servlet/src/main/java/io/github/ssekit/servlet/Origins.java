package io.github.ssekit.servlet;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The origins whose pages may read a servlet's streams, and how browsers are told so: the CORS
 * protocol (Fetch standard, 3.3). An origin is compared whole, as browsers write it.
 */
final class Origins {
  static final String ANY = "*";

  /** As browsers write it: in lower case, a host's non-ASCII labels in Punycode, no path. */
  private static final Pattern ORIGIN =
      Pattern.compile("[a-z][a-z0-9+.-]*://([a-z0-9._-]+|\\[[0-9a-f:.]+])(:[0-9]{1,5})?");

  private static final Pattern DEFAULT_PORT = Pattern.compile("http:.*:80|https:.*:443");

  /** An EventSource needs none of these; clients made of fetch send them. */
  private static final List<String> HEADERS =
      List.of("Last-Event-ID", "Cache-Control", "Authorization");

  /** RFC 9110, 5.6.2. */
  private static final Pattern TOKEN = Pattern.compile("[A-Za-z0-9!#$%&'*+.^_`|~-]+");

  private final Set<String> allowed;
  private final boolean credentials;

  /** Of a preflight's answer. */
  private final String allowedHeaders;

  /**
   * @param headers those that pages may send beside the ones that clients of event streams do
   * @throws IllegalArgumentException if an origin is not written as browsers do, if all are
   *     allowed, with credentials, or if a header is no name of one
   */
  Origins(List<String> allowed, boolean credentials, List<String> headers) {
    for (String origin : allowed) {
      if (!origin.equals(ANY)
          && (!ORIGIN.matcher(origin).matches() || DEFAULT_PORT.matcher(origin).matches())) {
        throw new IllegalArgumentException(
            "origin \""
                + origin
                + "\": write it as browsers do, say https://app.example or http://localhost:3000:"
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
                + "\": give the name of one request header, say X-Api-Key; there is no *");
      }
    }
    this.allowedHeaders =
        Stream.concat(HEADERS.stream(), headers.stream()).collect(Collectors.joining(", "));
  }

  /**
   * Tells the browser who may read the response. Returns false if the page that asks may not. A
   * request without an Origin is no page of another site's.
   */
  boolean allow(HttpServletRequest request, HttpServletResponse response) {
    boolean any = allowed.contains(ANY);
    if (!any) {
      // On every answer, lest a cache gives one site's to another.
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

  /** Whether the browser asks what it may ask. */
  static boolean isPreflight(HttpServletRequest request) {
    return request.getHeader("Origin") != null
        && request.getHeader("Access-Control-Request-Method") != null;
  }

  /** Answers a preflight request of an origin that is allowed. */
  void answerPreflight(HttpServletResponse response) {
    response.setStatus(HttpServletResponse.SC_NO_CONTENT);
    response.setHeader("Access-Control-Allow-Methods", "GET");
    response.setHeader("Access-Control-Allow-Headers", allowedHeaders);
    response.setHeader("Access-Control-Max-Age", "600");
  }
}
