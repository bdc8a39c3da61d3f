package io.github.ssekit.chat;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Refuses requests that pages of other sites make in the name of their readers.
 *
 * <ul>
 *   <li>A host name of another site may resolve to this server (DNS rebinding); a browser then lets
 *       that site read our responses. So only known hosts are answered. Health checks use the
 *       address as the host, and their answer tells nothing.
 *   <li>A browser names the origin of a request. Links to the pages work from everywhere. Other
 *       sites can't read streams or recent messages, and other origins can't post.
 * </ul>
 */
final class Gate extends HttpFilter {
  private static final long serialVersionUID = 1;
  private static final Pattern DATA =
      Pattern.compile("/chats/(new|recent|[^/]+/(events|recent))|/answers");

  private final transient Set<String> hosts =
      new HashSet<>(Set.of("localhost", "127.0.0.1", "[::1]"));

  /** Allows this machine's names, and the hosts in {@code chat.hosts}, separated by commas. */
  Gate() {
    String more = System.getProperty("chat.hosts", "localhost").toLowerCase(Locale.ROOT);
    hosts.addAll(List.of(more.split(",", -1)));
  }

  @Override
  protected void doFilter(
      HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    if (request.getServletPath().equals("/healthz")) {
      chain.doFilter(request, response);
    } else if (!hosts.contains(request.getServerName().toLowerCase(Locale.ROOT))) {
      ChatServlet.answer(response, 421, "no host of this chat; start it with --hosts NAME,NAME");
    } else if (isForeign(request)) {
      ChatServlet.answer(response, 403, "asked by a page of another site");
    } else {
      chain.doFilter(request, response);
    }
  }

  private static boolean isForeign(HttpServletRequest request) {
    // A frame is navigated, too: it may show a page, but not hold a stream open in a reader's name.
    boolean link =
        "navigate".equals(request.getHeader("Sec-Fetch-Mode"))
            && !DATA.matcher(path(request)).matches();
    boolean post = request.getMethod().equals("POST");
    return ("cross-site".equals(request.getHeader("Sec-Fetch-Site")) && (post || !link))
        || (post && isOtherOrigin(request));
  }

  /** The decoded path, as the servlets see it. */
  private static String path(HttpServletRequest request) {
    return request.getServletPath() + Objects.requireNonNullElse(request.getPathInfo(), "");
  }

  /** A browser names the page's origin with every POST; other programs need not. */
  private static boolean isOtherOrigin(HttpServletRequest request) {
    String origin = request.getHeader("Origin");
    return origin != null
        && !origin.replaceFirst("^https?://", "").equalsIgnoreCase(request.getHeader("Host"));
  }
}
