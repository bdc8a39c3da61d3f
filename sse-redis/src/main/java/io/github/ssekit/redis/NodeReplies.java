package io.github.ssekit.redis;

/**
 * The replies of the nodes of a scope within a second. See {@link RedisBridge#counts}.
 *
 * @param nodes the number of nodes that Redis has told, including nodes whose dead connection Redis
 *     has not noticed
 * @param replied the number of these nodes that have replied
 * @param connections the total number of matching connections on the nodes that have replied
 */
public record NodeReplies(int nodes, int replied, long connections) {

  /** Whether all nodes that Redis knows of have replied. */
  public boolean isComplete() {
    return replied >= nodes;
  }
}
