package io.github.ssekit.hub;

import io.github.ssekit.event.Comment;

/** Why a hub did not let a client in. */
public enum Refusal {
  /** As many connections are open as {@link HubBuilder#maxConnections} says. */
  MAX_CONNECTIONS("maxConnections"),

  /** Its owner has as many as {@link HubBuilder#maxConnectionsPerOwner} says. */
  MAX_CONNECTIONS_PER_OWNER("maxConnectionsPerOwner"),

  /** A channel has as many as {@link HubBuilder#maxConnectionsPerChannel} says. */
  MAX_CONNECTIONS_PER_CHANNEL("maxConnectionsPerChannel"),

  /** The hub is being {@linkplain Hub#drain drained}, or was: another node has room. */
  DRAINING("drain");

  final String limit;

  Refusal(String limit) {
    this.limit = limit;
  }

  /** What a stream says to the client that is refused: for whoever looks at it with curl. */
  public Comment comment() {
    return new Comment(
        this == DRAINING
            ? "this node is being drained, come back to another"
            : "over capacity, come back later");
  }
}
