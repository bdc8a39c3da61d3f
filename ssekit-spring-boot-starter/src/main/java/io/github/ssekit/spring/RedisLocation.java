package io.github.ssekit.spring;

import io.github.ssekit.redis.RedisBridgeBuilder;
import io.github.ssekit.redis.RedisLogin;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.ssl.SslBundle;

/**
 * The address of the application's Redis, and the login to it.
 *
 * @param uri the address, without a login unless {@code ssekit.redis.url} has it
 * @param login called for each connection, so that a password may change
 * @param bundle the certificates, if the connections are TLS
 */
record RedisLocation(URI uri, @Nullable Supplier<RedisLogin> login, @Nullable SslBundle bundle) {
  /** Host and port. */
  record Node(String host, int port) {
    @Override
    public String toString() {
      return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
    }
  }

  static RedisLocation single(
      Node node, int database, @Nullable Supplier<RedisLogin> login, @Nullable SslBundle bundle) {
    return new RedisLocation(URI.create(scheme("", bundle) + node + "/" + database), login, bundle);
  }

  static RedisLocation sentinel(
      List<Node> nodes,
      String master,
      int database,
      @Nullable String user,
      @Nullable String password,
      @Nullable Supplier<RedisLogin> login,
      @Nullable SslBundle bundle) {
    StringBuilder text = new StringBuilder(scheme("-sentinel", bundle));
    text.append(join(nodes)).append('/').append(encode(master)).append("?db=").append(database);
    if (password != null && !password.isEmpty()) {
      text.append("&sentinelPassword=").append(encode(password));
      if (user != null && !user.isEmpty()) {
        text.append("&sentinelUser=").append(encode(user));
      }
    }
    return new RedisLocation(URI.create(text.toString()), login, bundle);
  }

  static RedisLocation cluster(
      List<Node> nodes, @Nullable Supplier<RedisLogin> login, @Nullable SslBundle bundle) {
    return new RedisLocation(URI.create(scheme("-cluster", bundle) + join(nodes)), login, bundle);
  }

  private static String scheme(String kind, @Nullable SslBundle bundle) {
    return (bundle == null ? "redis" : "rediss") + kind + "://";
  }

  private static String join(List<Node> nodes) {
    return nodes.stream().map(Node::toString).collect(Collectors.joining(","));
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  /**
   * The login, or null if the application has no password. An empty password or user counts as
   * absent, as for Spring Data.
   *
   * @param source the password; called once now, and then for each connection
   */
  static @Nullable Supplier<RedisLogin> login(
      Supplier<@Nullable String> user, Supplier<@Nullable String> source) {
    if (isEmpty(source.get())) {
      return null;
    }
    return () -> {
      String password = source.get();
      if (password == null || password.isEmpty()) {
        throw new IllegalStateException("Redis has no password any more");
      }
      String name = user.get();
      return new RedisLogin(isEmpty(name) ? null : name, password);
    };
  }

  private static boolean isEmpty(@Nullable String text) {
    return text == null || text.isEmpty();
  }

  void apply(RedisBridgeBuilder builder) {
    if (login != null) {
      builder.login(login);
    }
    if (bundle != null) {
      builder.sslContext(bundle.createSslContext());
    }
  }

  /** Shows the scheme only: the address may have a login. */
  @Override
  public String toString() {
    return "RedisLocation[" + uri.getScheme() + "]";
  }
}
