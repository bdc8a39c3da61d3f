package io.github.ssekit.redis;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.URI;
import java.net.URLDecoder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The parts of a Redis URI: hosts, login, and database or name of the primary.
 *
 * <pre>
 * redis          = ( "redis" / "rediss" ) "://" [ login ] host [ "/" [ database ] ]
 * redis-sentinel = ( "redis-sentinel" / "rediss-sentinel" ) "://" [ login ] hosts "/" master [ "?" options ]
 * redis-cluster  = ( "redis-cluster" / "rediss-cluster" ) "://" [ login ] hosts
 * login          = [ user ] ":" password "@"
 * hosts          = host *( "," host )
 * host           = name [ ":" port ]
 * options        = option *( "&amp;" option )
 * option         = "db=" number / "sentinelUser=" user / "sentinelPassword=" password
 * </pre>
 *
 * User, password, master and options may be percent-encoded. This class parses the hosts itself:
 * {@link URI#getHost} is null if there are several, or if a name has an underscore.
 */
record RedisUri(
    Kind kind,
    boolean tls,
    List<RedisAddress> hosts,
    String path,
    @Nullable String user,
    @Nullable String password,
    Map<String, String> options) {

  private static final String SHAPES =
      "give it as redis://[user:password@]host:port[/database],"
          + " redis-sentinel://[user:password@]host:port[,host:port...]/master or"
          + " redis-cluster://[user:password@]host:port[,host:port...], with rediss for TLS";

  private static final Set<String> SENTINEL_OPTIONS =
      Set.of("db", "sentinelUser", "sentinelPassword");

  enum Kind {
    REDIS("", 6379),
    SENTINEL("-sentinel", 26379),
    CLUSTER("-cluster", 6379);

    private final String suffix;
    private final int port;

    Kind(String suffix, int port) {
      this.suffix = suffix;
      this.port = port;
    }
  }

  /**
   * @throws IllegalArgumentException if the URI has another form; the message has none of its
   *     secrets
   */
  static RedisUri parse(URI uri) {
    String scheme = String.valueOf(uri.getScheme()).toLowerCase(Locale.ROOT);
    for (Kind kind : Kind.values()) {
      for (String start : List.of("redis", "rediss")) {
        if (scheme.equals(start + kind.suffix)) {
          return parse(uri, kind, start.equals("rediss"));
        }
      }
    }
    throw new IllegalArgumentException("Redis URI with scheme " + uri.getScheme() + ": " + SHAPES);
  }

  private static RedisUri parse(URI uri, Kind kind, boolean tls) {
    String authority = uri.getRawAuthority() == null ? "" : uri.getRawAuthority();
    // First: otherwise half of the password could pass for a host, and appear in an error.
    if (uri.getRawSchemeSpecificPart().indexOf('@', authority.length() + 2) >= 0
        || String.valueOf(uri.getRawFragment()).contains("@")) {
      throw new IllegalArgumentException(
          "Redis URI with a '/', '?' or '#' before its '@': write them as %2F, %3F and %23 in a"
              + " user or password");
    }
    int at = authority.lastIndexOf('@');
    String[] login = at < 0 ? null : authority.substring(0, at).split(":", 2);
    if (login != null && login.length < 2) {
      throw new IllegalArgumentException("Redis URI with a user and no password: " + SHAPES);
    }
    RedisUri parsed =
        new RedisUri(
            kind,
            tls,
            hosts(authority.substring(at + 1), kind),
            uri.getPath() == null ? "" : uri.getPath().replaceFirst("^/", ""),
            login == null || login[0].isEmpty() ? null : decode(login[0]),
            login == null ? null : decode(login[1]),
            options(uri.getRawQuery(), kind));
    parsed.check();
    return parsed;
  }

  private static List<RedisAddress> hosts(String text, Kind kind) {
    List<RedisAddress> hosts = new ArrayList<>();
    for (String host : text.split(",", -1)) {
      // The colons of an IPv6 address are within brackets.
      int colon = host.lastIndexOf(':');
      boolean hasPort = colon > host.lastIndexOf(']');
      String name = hasPort ? host.substring(0, colon) : host;
      int port = hasPort ? number(host.substring(colon + 1)) : kind.port;
      if (name.isEmpty()) {
        throw new IllegalArgumentException("Redis URI with no host: " + SHAPES);
      }
      // The port is not named: without an '@' it may be a password.
      if (port < 1 || port > 65535) {
        throw new IllegalArgumentException(
            "Redis URI with host \"" + name + "\" and a port that is not 1 to 65535: " + SHAPES);
      }
      hosts.add(new RedisAddress(name.replaceAll("[\\[\\]]", ""), port));
    }
    return List.copyOf(hosts);
  }

  private static Map<String, String> options(@Nullable String query, Kind kind) {
    Set<String> known = kind == Kind.SENTINEL ? SENTINEL_OPTIONS : Set.of();
    Map<String, String> options = new HashMap<>();
    for (String option : query == null ? new String[0] : query.split("&")) {
      String[] parts = option.split("=", 2);
      if (!known.contains(parts[0]) || parts.length < 2) {
        throw new IllegalArgumentException(
            "Redis URI with option \""
                + parts[0]
                + "\": "
                + (known.isEmpty() ? "this form takes none: remove it" : "known are " + known));
      }
      options.put(parts[0], decode(parts[1]));
    }
    return Map.copyOf(options);
  }

  private void check() {
    if (kind == Kind.REDIS && hosts.size() > 1) {
      throw new IllegalArgumentException("Redis URI with several hosts: " + SHAPES);
    }
    if (kind == Kind.SENTINEL && (path.isEmpty() || path.contains("/"))) {
      throw new IllegalArgumentException("Redis URI with master \"" + path + "\": " + SHAPES);
    }
    if (kind == Kind.CLUSTER && !path.isEmpty()) {
      throw new IllegalArgumentException("Redis URI with path \"" + path + "\": " + SHAPES);
    }
    if (database() < 0) {
      throw new IllegalArgumentException("Redis URI with a database that is no number: " + SHAPES);
    }
  }

  /** Returns the user and password of Redis, or null if there are none. */
  @Nullable RedisLogin login() {
    return password == null ? null : new RedisLogin(user, password);
  }

  /** Returns the user and password of the Sentinels, or null if there are none. */
  @Nullable RedisLogin sentinelLogin() {
    String theirs = options.get("sentinelPassword");
    return theirs == null ? null : new RedisLogin(options.get("sentinelUser"), theirs);
  }

  /** Returns the number of the database; negative if the URI has something else in its place. */
  int database() {
    String text = kind == Kind.REDIS ? path : options.getOrDefault("db", "");
    return text.isEmpty() ? 0 : number(text);
  }

  /** Returns -1 if the text is not a number. */
  private static int number(String text) {
    return text.matches("[0-9]{1,9}") ? Integer.parseInt(text) : -1;
  }

  private static String decode(String text) {
    return URLDecoder.decode(text.replace("+", "%2B"), UTF_8);
  }

  /** Hosts and ports, and the master's name, without secrets. */
  @Override
  public String toString() {
    String all = hosts.stream().map(RedisAddress::toString).collect(Collectors.joining(","));
    return kind == Kind.SENTINEL ? all + "/" + path : all;
  }
}
