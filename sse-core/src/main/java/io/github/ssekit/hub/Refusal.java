package io.github.ssekit.hub;

import io.github.ssekit.event.Comment;

/** The reason why a hub refused a connection. See {@link HubObserver#refused}. */
public enum Refusal {
  /** The hub has as many connections as {@link HubBuilder#maxConnections} allows. */
  MAX_CONNECTIONS("maxConnections"),

  /** The owner has as many as {@link HubBuilder#maxConnectionsPerOwner} allows. */
  MAX_CONNECTIONS_PER_OWNER("maxConnectionsPerOwner"),

  /** A channel has as many as {@link HubBuilder#maxConnectionsPerChannel} allows. */
  MAX_CONNECTIONS_PER_CHANNEL("maxConnectionsPerChannel"),

  /** The hub is {@linkplain Hub#drain drained}, or has been: other nodes have room. */
  DRAINING("drain");

  final String limit;

  Refusal(String limit) {
    this.limit = limit;
  }

  /** The reason as a comment for the refused client's stream, to be read with curl. */
  public Comment comment() {
    return new Comment(
        this == DRAINING
            ? "this node is being drained, come back to another"
            : "over capacity, come back later");
  }
}
