package dev.graft.graph;

/**
 * One output of one node: what TensorFlow writes as {@code node} or {@code node:1}.
 *
 * @param node the node's name
 * @param index which of its outputs, from 0
 */
public record TensorRef(String node, int index) implements Comparable<TensorRef> {

  public TensorRef {
    if (index < 0 || node.isEmpty() || node.charAt(0) == '^') {
      throw new IllegalArgumentException("not a tensor: '" + node + ":" + index + "'");
    }
  }

  /** The first output of {@code node}. */
  public static TensorRef of(String node) {
    return new TensorRef(node, 0);
  }

  /** Reads {@code node} or {@code node:index}. */
  public static TensorRef parse(String text) {
    int colon = text.lastIndexOf(':');
    if (colon <= 0 || colon == text.length() - 1) {
      return new TensorRef(text, 0);
    }
    for (int i = colon + 1; i < text.length(); i++) {
      if (text.charAt(i) < '0' || text.charAt(i) > '9') {
        return new TensorRef(text, 0);
      }
    }
    return new TensorRef(text.substring(0, colon), Integer.parseInt(text.substring(colon + 1)));
  }

  /** The form that a {@code NodeDef} input takes: no index for output 0. */
  public String asInput() {
    return index == 0 ? node : node + ":" + index;
  }

  @Override
  public int compareTo(TensorRef other) {
    int byNode = node.compareTo(other.node);
    return byNode != 0 ? byNode : Integer.compare(index, other.index);
  }

  /** The form that a feed or fetch takes: {@code node:index}. */
  @Override
  public String toString() {
    return node + ":" + index;
  }
}
