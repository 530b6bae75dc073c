package dev.graft.graph;

import com.google.common.collect.ImmutableList;
import java.util.List;
import java.util.function.Function;
import org.tensorflow.proto.NodeDef;

/**
 * How a {@link NodeDef} names its inputs: data inputs first, then control inputs marked with a
 * caret.
 */
public final class Nodes {

  private Nodes() {}

  /** The tensors that {@code node} reads, in the order of its inputs. */
  public static List<TensorRef> dataInputs(NodeDef node) {
    ImmutableList.Builder<TensorRef> inputs = ImmutableList.builder();
    for (String input : node.getInputList()) {
      if (!isControl(input)) {
        inputs.add(TensorRef.parse(input));
      }
    }
    return inputs.build();
  }

  /** The {@code i}-th tensor that {@code node} reads. */
  public static TensorRef dataInput(NodeDef node, int i) {
    return TensorRef.parse(node.getInput(i));
  }

  /**
   * The node whose value {@code node} gives, if that only hands it on; else itself.
   *
   * @param graph finds nodes by their names
   */
  public static NodeDef behindIdentity(NodeDef node, Function<String, NodeDef> graph) {
    NodeDef at = node;
    while (at.getOp().equals("Identity")) {
      at = graph.apply(dataInput(at, 0).node());
    }
    return at;
  }

  /** The nodes that have to run before {@code node} although it reads nothing of them. */
  public static List<String> controlInputs(NodeDef node) {
    ImmutableList.Builder<String> inputs = ImmutableList.builder();
    for (String input : node.getInputList()) {
      if (isControl(input)) {
        inputs.add(input.substring(1));
      }
    }
    return inputs.build();
  }

  /** Whether an input string is a control input. */
  public static boolean isControl(String input) {
    return input.startsWith("^");
  }

  /** The node that an input string names, data or control. */
  public static String producer(String input) {
    return isControl(input) ? input.substring(1) : TensorRef.parse(input).node();
  }
}
