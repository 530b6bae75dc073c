package dev.graft.graph.device;

import org.tensorflow.proto.NodeDef;

/** A node that gets a device, maybe inside a loop, in one group with all that it has to be with. */
final class PlacedNode {

  private final String path;
  private final NodeDef node;
  private final boolean isRun;
  private final boolean isOnCpuByName;
  private PlacedNode leader = this; // another of the group, at last the one that stands for it

  /**
   * A node by itself.
   *
   * @param path its name, for one inside a loop behind the loop's name and {@code >}
   * @param isRun whether it is among those that are asked about
   * @param isOnCpuByName whether it, or the loop that it is in, names the CPU
   */
  PlacedNode(String path, NodeDef node, boolean isRun, boolean isOnCpuByName) {
    this.path = path;
    this.node = node;
    this.isRun = isRun;
    this.isOnCpuByName = isOnCpuByName;
  }

  String path() {
    return path;
  }

  NodeDef node() {
    return node;
  }

  boolean isRun() {
    return isRun;
  }

  boolean isOnCpuByName() {
    return isOnCpuByName;
  }

  /** The node that stands for all of the group. */
  PlacedNode group() {
    while (leader.leader != leader) {
      leader = leader.leader;
    }
    return leader;
  }

  /** Puts the groups of two nodes together. */
  void join(PlacedNode other) {
    other.group().leader = group();
  }
}
