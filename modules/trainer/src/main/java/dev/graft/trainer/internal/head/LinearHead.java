package dev.graft.trainer.internal.head;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import dev.graft.graph.Graph;
import dev.graft.graph.Nodes;
import dev.graft.graph.TensorRef;
import dev.graft.graph.op.OpKinds;
import dev.graft.model.Head;
import dev.graft.model.Layer;
import dev.graft.model.Model;
import dev.graft.model.SavedFunction;
import dev.graft.model.Variable;
import dev.graft.tensor.DType;
import dev.graft.trainer.internal.cut.Frontier;
import dev.graft.trainer.internal.task.HeadGoal;
import dev.graft.trainer.internal.task.Task;
import dev.graft.trainer.loss.Penalty;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.NodeDef;

/**
 * A head that is one dense layer: {@code logits = input * kernel + bias}.
 *
 * @param input what it reads, [N, features]
 * @param kernel [features, outputs]
 * @param bias [outputs], if it has one
 */
public record LinearHead(TensorRef input, Variable kernel, Optional<Variable> bias) {

  /** {@code head} as a linear head, if it is one. */
  static Optional<LinearHead> of(Model model, Head head) {
    Graph graph = model.graph();
    NodeDef node = graph.node(head.logits().node());
    Optional<Variable> bias = Optional.empty();
    if (OpKinds.isSum(node.getOp())) {
      bias = read(model, Nodes.dataInput(node, 1));
      if (bias.isEmpty()) {
        return Optional.empty();
      }
      node = graph.node(Nodes.dataInput(node, 0).node());
    }
    if (!node.getOp().equals("MatMul")
        || isSet(node, "transpose_a")
        || isSet(node, "transpose_b")) {
      return Optional.empty();
    }
    Optional<Variable> kernel = read(model, Nodes.dataInput(node, 1));
    TensorRef input = Nodes.dataInput(node, 0);
    Optional<Variable> offset = bias;
    return kernel.map(k -> new LinearHead(input, k, offset));
  }

  /**
   * The heads whose best weights can be computed; all others are trained step by step. What they
   * read has to be known for each example by itself.
   */
  public static ImmutableMap<HeadGoal, LinearHead> solvable(Task task, Frontier frontier) {
    Model model = task.model();
    List<Variable> ofHeads = task.variables();
    ImmutableMap.Builder<HeadGoal, LinearHead> found = ImmutableMap.builder();
    for (HeadGoal goal : task.headGoals()) {
      List<Variable> own = task.variables(List.of(goal));
      if (!own.isEmpty()
          && goal.isSeparable()
          && task.penalty().equals(Penalty.none())
          && !dropsIn(model, goal.head())) {
        of(model, goal.head())
            .filter(LinearHead::isSolvable)
            .filter(linear -> Set.copyOf(linear.variables()).equals(Set.copyOf(own)))
            .filter(
                linear -> frontier.cut(List.of(linear.input()), ofHeads).contains(linear.input()))
            .ifPresent(linear -> found.put(goal, linear));
      }
    }
    return found.buildOrThrow();
  }

  /**
   * Where the part that no head's variables are in ends.
   *
   * @param solvable the heads that are computed at once, from what they read
   */
  public static ImmutableList<TensorRef> cut(
      ImmutableMap<HeadGoal, LinearHead> solvable, Task task, Frontier frontier) {
    List<TensorRef> answers = new ArrayList<>(task.logits());
    solvable.forEach(
        (goal, linear) -> answers.set(answers.indexOf(goal.head().logits()), linear.input()));
    return frontier.cut(answers, task.variables());
  }

  /** Whether a layer between the head's features and its logits drops or disturbs in training. */
  private static boolean dropsIn(Model model, Head head) {
    Set<String> own = head.nodes(model.graph());
    return model
        .allLayers()
        .filter(layer -> layer.behaviour() instanceof Layer.Behaviour.Noise)
        .filter(layer -> layer.training().filter(SavedFunction::isUsable).isPresent())
        .flatMap(layer -> layer.outputs().stream())
        .anyMatch(output -> own.contains(output.node()));
  }

  /** The solver gives a bias, and computes in float32. */
  boolean isSolvable() {
    return bias.isPresent() && kernel.dtype() == DType.FLOAT32;
  }

  /** A SavedModel leaves out what has its default. */
  private static boolean isSet(NodeDef node, String flag) {
    return node.getAttrOrDefault(flag, AttrValue.getDefaultInstance()).getB();
  }

  /** Kernel and bias. */
  List<Variable> variables() {
    return bias.map(b -> List.of(kernel, b)).orElseGet(() -> List.of(kernel));
  }

  /** The variable that {@code tensor} is the value of. */
  private static Optional<Variable> read(Model model, TensorRef tensor) {
    NodeDef node = model.graph().node(tensor.node());
    while (node.getOp().equals("Identity") || node.getOp().equals("ReadVariableOp")) {
      node = model.graph().node(Nodes.dataInput(node, 0).node());
    }
    String holder = node.getName();
    return model.variables().stream().filter(v -> v.node().equals(holder)).findFirst();
  }
}
