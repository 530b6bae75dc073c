package dev.graft.graph;

import static java.util.Objects.requireNonNull;

import dev.graft.error.BadModelException;

/**
 * One output of one node: what TensorFlow writes as {@code node} or {@code node:1}.
 *
 * @param node the node's name
 * @param index which of its outputs, from 0
 */
public record TensorRef(String node, int index) implements Comparable<TensorRef> {

  private static final int MAX_DIGITS = 9; // no op has more outputs than fit in so many

  public TensorRef {
    if (index < 0 || node.isEmpty() || node.charAt(0) == '^') {
      throw new IllegalArgumentException("not a tensor: '" + node + ":" + index + "'");
    }
  }

  /** The first output of {@code node}. */
  public static TensorRef of(String node) {
    requireNonNull(node, "node");
    return new TensorRef(node, 0);
  }

  /**
   * Reads {@code node} or {@code node:index}, as files have it.
   *
   * @throws BadModelException if it is neither
   */
  public static TensorRef parse(String text) {
    requireNonNull(text, "text");
    String node = text;
    int index = 0;
    int colon = text.lastIndexOf(':');
    if (colon > 0 && isNumber(text, colon + 1)) {
      node = text.substring(0, colon);
      index =
          text.length() - colon > MAX_DIGITS
              ? -1
              : Integer.parseInt(text, colon + 1, text.length(), 10);
    }
    if (index < 0 || node.isEmpty() || node.charAt(0) == '^') {
      throw BadModelException.atNode(
          text, "the model names a tensor '" + text + "', which is no name of one; it is damaged.");
    }
    return new TensorRef(node, index);
  }

  private static boolean isNumber(String text, int from) {
    for (int i = from; i < text.length(); i++) {
      if (text.charAt(i) < '0' || text.charAt(i) > '9') {
        return false;
      }
    }
    return from < text.length();
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
