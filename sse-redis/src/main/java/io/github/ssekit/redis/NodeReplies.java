package io.github.ssekit.redis;

/**
 * What the nodes of a scope have replied within a second. See {@link RedisBridge#counts}.
 *
 * @param nodes how many nodes Redis has told, including those whose dead connection it has not
 *     noticed
 * @param replied how many of them have replied
 * @param connections how many connections these had, in total, of those asked for
 */
public record NodeReplies(int nodes, int replied, long connections) {

  /** Whether all nodes that Redis knows of have replied. */
  public boolean isComplete() {
    return replied >= nodes;
  }
}
