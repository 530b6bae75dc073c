package dev.graft.trainer.fit;

import dev.graft.error.BadRequestException;
import dev.graft.error.Internal;
import dev.graft.graph.Graph;
import dev.graft.graph.TensorRef;
import dev.graft.model.Head;
import dev.graft.model.Model;
import dev.graft.model.Variable;
import dev.graft.trainer.internal.task.Task;
import dev.graft.words.Remedy;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.NodeDef;

/**
 * Layers that compute in float16. A gradient on its way through them is lost where it is smaller
 * than 6e-8, as it is divided by the size of the batch; Keras multiplies the loss by a large number
 * for that (LossScaleOptimizer), which Graft does not do yet. bfloat16 has float32's range.
 */
@Internal
public final class HalfPrecision {

  private HalfPrecision() {}

  /**
   * Makes sure that no gradient has to go through float16, where {@code training} is trained. The
   * heads' own variables do not count: what reaches them is as large as the loss.
   *
   * @throws BadRequestException if one has to
   */
  static void requireNone(Task task, Collection<Variable> training) {
    below(task, training)
        .ifPresent(
            node -> {
              throw new BadRequestException(
                  "layers of "
                      + task.model().name()
                      + " compute in float16 ('"
                      + node
                      + "'), in which small gradients are lost, so nothing before the head can be"
                      + " trained. Train the head alone; or build"
                      + " the model in Keras once more under the policy 'float32' or"
                      + " 'mixed_bfloat16' (keras.mixed_precision.set_global_policy), give it these"
                      + " weights, and save it.",
                  Remedy.RECIPE_HEAD);
            });
  }

  /** A node in float16 between what trains before the heads and their answers. */
  static Optional<String> below(Task task, Collection<Variable> training) {
    Set<Variable> before = new HashSet<>(training);
    before.removeAll(Set.copyOf(task.variables()));
    return between(task.model(), before, task.logits());
  }

  /** A node in float16 through which gradients to what is before {@code model}'s heads would go. */
  public static Optional<String> belowHeads(Model model) {
    Set<String> before =
        model.graph().upstream(model.heads().stream().map(head -> head.features().node()).toList());
    List<TensorRef> logits = model.heads().stream().map(Head::logits).toList();
    return between(
        model,
        model.variables().stream().filter(v -> v.canTrain() && before.contains(v.node())).toList(),
        logits);
  }

  private static Optional<String> between(
      Model model, Collection<Variable> variables, Collection<TensorRef> answers) {
    Graph graph = model.graph();
    Set<String> way = new HashSet<>(graph.downstream(nodes(variables)));
    way.retainAll(graph.upstream(answers.stream().map(TensorRef::node).toList()));
    return graph.nodes().stream()
        .map(NodeDef::getName)
        .filter(way::contains)
        .filter(node -> graph.outputTypes(node).contains(DataType.DT_HALF))
        .findFirst();
  }

  private static List<String> nodes(Collection<Variable> variables) {
    return variables.stream().map(Variable::node).toList();
  }
}
