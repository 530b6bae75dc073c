package dev.graft.surgeon;

import dev.graft.graph.Graph;
import dev.graft.graph.Nodes;
import dev.graft.graph.TensorRef;
import dev.graft.model.BadRequestException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Set;
import org.tensorflow.proto.NodeDef;

/** Finds tensors inside TF1 loops, which cannot be read from outside. */
final class Loops {

  private Loops() {}

  /** Fails if {@code tensor} is computed anew in each step of a loop. */
  static void refuseInside(Graph graph, TensorRef tensor) {
    Deque<String> open = new ArrayDeque<>(Set.of(tensor.node()));
    Set<String> seen = new HashSet<>();
    while (!open.isEmpty()) {
      String name = open.pop();
      NodeDef node = graph.node(name);
      if (!seen.add(name) || node.getOp().endsWith("Exit")) {
        continue; // beyond an Exit lies a loop that has ended
      }
      if (node.getOp().equals("Enter") || node.getOp().equals("RefEnter")) {
        throw new BadRequestException(
            "'"
                + tensor
                + "' lies inside the loop '"
                + node.getAttrOrThrow("frame_name").getS().toStringUtf8()
                + "'; cut before or after the loop.");
      }
      Nodes.dataInputs(node).forEach(input -> open.push(input.node()));
    }
  }
}
