package io.github.ssekit.redis;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Finds the primary by asking Sentinels or cluster nodes, one after the other, beginning with the
 * address that was right the last time. The server that they name is asked as well, because they
 * may not have heard of the latest change. Thread-safe.
 */
abstract class PrimaryDiscovery implements PrimaryFinder {
  private final List<RedisAddress> configured;
  private final Function<RedisAddress, RedisConnection> dialSource;

  /** The addresses to ask, in this order. Replaced as a whole. */
  private volatile List<RedisAddress> sources;

  /**
   * @param dialSource makes a connection to a Sentinel or cluster node
   */
  PrimaryDiscovery(
      List<RedisAddress> configured, Function<RedisAddress, RedisConnection> dialSource) {
    this.configured = configured;
    this.dialSource = dialSource;
    sources = configured;
  }

  /**
   * The answer of a Sentinel or cluster node.
   *
   * @param others further addresses to ask
   */
  record Answer(RedisAddress primary, List<RedisAddress> others) {}

  /**
   * Asks a Sentinel or cluster node for the primary.
   *
   * @throws RedisFailure if it does not know
   */
  abstract Answer ask(RedisConnection source, RedisAddress address);

  @Override
  public RedisConnection connect(Function<RedisAddress, RedisConnection> dial) {
    List<String> failures = new ArrayList<>();
    Set<RedisAddress> tried = new HashSet<>();
    for (RedisAddress source : sources) {
      try {
        Answer answer;
        try (RedisConnection connection = dialSource.apply(source)) {
          answer = ask(connection, source);
        }
        if (tried.add(answer.primary())) {
          RedisConnection connection = checked(dial.apply(answer.primary()));
          remember(source, answer.others());
          return connection;
        }
      } catch (RedisFailure e) {
        failures.add(source + ": " + e.getMessage());
      }
    }
    throw new RedisFailure.Disconnected(
        "no Sentinel or cluster node leads to the primary: " + failures);
  }

  private RedisConnection checked(RedisConnection connection) {
    try {
      check(connection);
      return connection;
    } catch (RuntimeException e) {
      connection.close();
      throw e;
    }
  }

  private void remember(RedisAddress right, List<RedisAddress> others) {
    sources =
        Stream.of(Stream.of(right), configured.stream(), others.stream())
            .flatMap(each -> each)
            .distinct()
            .toList();
  }

  private static @Nullable String text(@Nullable Object reply) {
    return reply == null ? null : new String((byte[]) reply, UTF_8);
  }

  /** Asks Sentinels, which know the primary of each group by the group's name. */
  static final class Sentinels extends PrimaryDiscovery {
    private final String master;

    Sentinels(
        List<RedisAddress> configured,
        Function<RedisAddress, RedisConnection> dialSource,
        String master) {
      super(configured, dialSource);
      this.master = master;
    }

    @Override
    Answer ask(RedisConnection source, RedisAddress address) {
      List<?> reply =
          (List<?>)
              source.call(
                  "SENTINEL", "GET-MASTER-ADDR-BY-NAME".getBytes(UTF_8), master.getBytes(UTF_8));
      if (reply == null) {
        throw new RedisFailure.Refused("this Sentinel knows no master \"" + master + "\"");
      }
      String host = String.valueOf(text(reply.get(0)));
      int port = Integer.parseInt(String.valueOf(text(reply.get(1))));
      return new Answer(new RedisAddress(host, port), List.of());
    }

    /** A message that is published on a replica reaches that replica's subscribers only. */
    @Override
    public void check(RedisConnection connection) {
      List<?> role = (List<?>) connection.call("ROLE");
      if (!"master".equals(text(role.get(0)))) {
        throw new RedisFailure.Refused("READONLY " + connection.address() + " is a replica");
      }
    }
  }

  /** Asks the nodes of a cluster, which know the owner of the scope's slot. */
  static final class ClusterNodes extends PrimaryDiscovery {
    private final byte[] hash;
    private final int slot;

    /**
     * @param hash the key of the scope's hash
     */
    ClusterNodes(
        List<RedisAddress> configured,
        Function<RedisAddress, RedisConnection> dialSource,
        byte[] hash) {
      super(configured, dialSource);
      this.hash = hash;
      slot = RedisConnection.slotOf(hash);
    }

    @Override
    Answer ask(RedisConnection source, RedisAddress address) {
      RedisAddress primary = null;
      List<RedisAddress> others = new ArrayList<>();
      // Each range has its first slot, its last slot, the primary and its replicas.
      for (Object range : (List<?>) source.call("CLUSTER", "SLOTS".getBytes(UTF_8))) {
        List<?> parts = (List<?>) range;
        RedisAddress owner = node((List<?>) parts.get(2), address);
        others.add(owner);
        if ((Long) parts.get(0) <= slot && slot <= (Long) parts.get(1)) {
          primary = owner;
          for (Object replica : parts.subList(3, parts.size())) {
            others.add(node((List<?>) replica, address));
          }
        }
      }
      if (primary == null) {
        throw new RedisFailure.Refused("no node has slot " + slot);
      }
      return new Answer(primary, others);
    }

    /** A node that doesn't name its own host is at the address where it was asked. */
    private static RedisAddress node(List<?> reply, RedisAddress asked) {
      String host = text(reply.get(0));
      int port = Math.toIntExact((Long) reply.get(1));
      return host == null || host.isEmpty() || host.equals("?")
          ? new RedisAddress(asked.host(), port)
          : new RedisAddress(host, port);
    }

    /** A node without the slot answers MOVED. */
    @Override
    public void check(RedisConnection connection) {
      try {
        Object unused = connection.call("HGET", hash, "run".getBytes(UTF_8));
      } catch (RedisFailure.Refused e) {
        // ASK: the node has the slot, and is about to hand it over.
        if (!e.is("ASK")) {
          throw e;
        }
      }
    }
  }
}
