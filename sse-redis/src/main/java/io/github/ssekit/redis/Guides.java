package io.github.ssekit.redis;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.Protocol.Command;
import redis.clients.jedis.exceptions.JedisAskDataException;
import redis.clients.jedis.exceptions.JedisConnectionException;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.exceptions.JedisException;
import redis.clients.jedis.util.JedisClusterCRC16;

/**
 * A primary that others know: Sentinels, or the nodes of a cluster. They are asked one after the
 * other, the one that was right the last time first; and who they name is asked too, since a guide
 * may not have heard of the latest change. Thread-safe.
 */
abstract class Guides implements Primary {
  private final List<HostAndPort> configured;
  private final Function<HostAndPort, Wire> dialGuide;
  private volatile List<HostAndPort> guides;

  /**
   * @param dialGuide makes a connection to one of the guides
   */
  Guides(List<HostAndPort> configured, Function<HostAndPort, Wire> dialGuide) {
    this.configured = configured;
    this.dialGuide = dialGuide;
    guides = configured;
  }

  /**
   * What a guide said.
   *
   * @param others who may be asked too
   */
  record Answer(HostAndPort primary, List<HostAndPort> others) {}

  /**
   * Asks one of them.
   *
   * @throws JedisException if it does not know
   */
  abstract Answer ask(Wire guide, HostAndPort address);

  @Override
  public Wire connect(Function<HostAndPort, Wire> dial) {
    List<String> failures = new ArrayList<>();
    Set<HostAndPort> tried = new HashSet<>();
    for (HostAndPort guide : guides) {
      try {
        Answer answer;
        try (Wire wire = dialGuide.apply(guide)) {
          answer = ask(wire, guide);
        }
        if (tried.add(answer.primary())) {
          Wire wire = checked(dial.apply(answer.primary()));
          remember(guide, answer.others());
          return wire;
        }
      } catch (JedisException e) {
        failures.add(guide + ": " + e.getMessage());
      }
    }
    throw new JedisConnectionException(
        "no Sentinel or cluster node leads to the primary: " + failures);
  }

  private Wire checked(Wire wire) {
    try {
      check(wire);
      return wire;
    } catch (RuntimeException e) {
      wire.close();
      throw e;
    }
  }

  private void remember(HostAndPort right, List<HostAndPort> others) {
    guides =
        Stream.of(Stream.of(right), configured.stream(), others.stream())
            .flatMap(each -> each)
            .distinct()
            .toList();
  }

  private static @Nullable String text(@Nullable Object reply) {
    return reply == null ? null : new String((byte[]) reply, UTF_8);
  }

  /** Sentinels. They know who leads the group of a name. */
  static final class Sentinels extends Guides {
    private final String master;

    Sentinels(List<HostAndPort> configured, Function<HostAndPort, Wire> dialGuide, String master) {
      super(configured, dialGuide);
      this.master = master;
    }

    @Override
    Answer ask(Wire guide, HostAndPort address) {
      List<?> reply =
          (List<?>)
              guide.executeCommand(
                  new CommandArguments(Command.SENTINEL)
                      .add("GET-MASTER-ADDR-BY-NAME")
                      .add(master));
      if (reply == null) {
        throw new JedisDataException("this Sentinel knows no master \"" + master + "\"");
      }
      String host = String.valueOf(text(reply.get(0)));
      int port = Integer.parseInt(String.valueOf(text(reply.get(1))));
      return new Answer(new HostAndPort(host, port), List.of());
    }

    /** A replica would deliver what it is given to none but its own. */
    @Override
    public void check(Wire wire) {
      List<?> role = (List<?>) wire.executeCommand(Command.ROLE);
      if (!"master".equals(text(role.get(0)))) {
        throw new JedisDataException("READONLY " + wire.address() + " is a replica");
      }
    }
  }

  /** The nodes of a cluster. They know who has the slot of the scope. */
  static final class ClusterNodes extends Guides {
    private final byte[] hash;
    private final int slot;

    /**
     * @param hash the key of the scope's hash
     */
    ClusterNodes(List<HostAndPort> configured, Function<HostAndPort, Wire> dialGuide, byte[] hash) {
      super(configured, dialGuide);
      this.hash = hash;
      slot = JedisClusterCRC16.getSlot(hash);
    }

    @Override
    Answer ask(Wire guide, HostAndPort address) {
      HostAndPort primary = null;
      List<HostAndPort> others = new ArrayList<>();
      CommandArguments slots = new CommandArguments(Command.CLUSTER).add("SLOTS");
      // Each is: first slot, last slot, the primary, its replicas.
      for (Object range : (List<?>) guide.executeCommand(slots)) {
        List<?> parts = (List<?>) range;
        HostAndPort owner = node((List<?>) parts.get(2), address);
        others.add(owner);
        if ((Long) parts.get(0) <= slot && slot <= (Long) parts.get(1)) {
          primary = owner;
          for (Object replica : parts.subList(3, parts.size())) {
            others.add(node((List<?>) replica, address));
          }
        }
      }
      if (primary == null) {
        throw new JedisDataException("no node has slot " + slot);
      }
      return new Answer(primary, others);
    }

    /** A node that does not know its own host, or tells us not to care, is where it was asked. */
    private static HostAndPort node(List<?> reply, HostAndPort asked) {
      String host = text(reply.get(0));
      boolean named = host != null && !host.isEmpty() && !host.equals("?");
      return new HostAndPort(named ? host : asked.getHost(), Math.toIntExact((Long) reply.get(1)));
    }

    /** Who does not have the slot says MOVED. */
    @Override
    public void check(Wire wire) {
      try {
        Object unused =
            wire.executeCommand(new CommandArguments(Command.HGET).add(hash).add("run"));
      } catch (JedisAskDataException e) {
        // It has the slot, and is about to hand it over.
      }
    }
  }
}
