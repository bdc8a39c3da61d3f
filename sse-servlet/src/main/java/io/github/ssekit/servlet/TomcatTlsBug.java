package io.github.ssekit.servlet;

import static java.lang.System.Logger.Level.WARNING;

import jakarta.servlet.http.HttpServletRequest;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Tomcat's bug 69982: over TLS, Tomcat keeps the end of a non-blocking write until the next write.
 * Fixed in 10.1.54 and 11.0.21.
 */
final class TomcatTlsBug {
  private static final System.Logger LOG = System.getLogger(TomcatTlsBug.class.getName());
  private static final Pattern VERSION =
      Pattern.compile("Apache Tomcat[^/]*/(\\d{1,4})\\.(\\d{1,4})\\.(\\d{1,4})(?!\\d).*");
  private static final AtomicBoolean CHECKED = new AtomicBoolean();

  private TomcatTlsBug() {}

  /**
   * Logs a warning at the first request over the container's own TLS, if the container has the bug.
   */
  static void warnOnce(HttpServletRequest request) {
    // A request through a TLS proxy may be secure, but lacks the attribute.
    if (!CHECKED.get()
        && request.isSecure()
        && request.getAttribute("jakarta.servlet.request.cipher_suite") != null
        && CHECKED.compareAndSet(false, true)) {
      String warning = warning(request.getServletContext().getServerInfo());
      if (warning != null) {
        LOG.log(WARNING, warning);
      }
    }
  }

  /**
   * The warning for a container, or null if it doesn't have the bug.
   *
   * @param serverInfo from {@link jakarta.servlet.ServletContext#getServerInfo}
   */
  static @Nullable String warning(@Nullable String serverInfo) {
    Matcher version = VERSION.matcher(serverInfo == null ? "" : serverInfo);
    if (!version.matches()) {
      return null;
    }
    int major = Integer.parseInt(version.group(1));
    int minor = Integer.parseInt(version.group(2));
    int patch = Integer.parseInt(version.group(3));
    boolean fixed =
        switch (major) {
          case 10 -> minor > 1 || (minor == 1 && patch >= 54);
          case 11 -> minor > 0 || patch >= 21;
          default -> major > 11;
        };
    return fixed
        ? null
        : "Tomcat "
            + String.join(".", version.group(1), version.group(2), version.group(3))
            + " holds back the end of an event over TLS until something follows it (bug 69982):"
            + " use 10.1.54, 11.0.21 or newer, or let a proxy speak TLS";
  }
}
