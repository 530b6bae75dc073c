package dev.graft.trainer.fit;

import dev.graft.error.Internal;
import dev.graft.graph.Graph;
import dev.graft.graph.TensorRef;
import dev.graft.model.Head;
import dev.graft.model.Model;
import dev.graft.model.Variable;
import dev.graft.tensor.DType;
import dev.graft.trainer.internal.task.Task;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.NodeDef;

/**
 * Layers that compute in float16. A gradient on its way through them is lost where it is smaller
 * than 6e-8, as it is divided by the size of the batch; so the loss is multiplied by a {@link
 * dev.graft.trainer.checkpoint.LossScale} where there are such layers. bfloat16 has float32's
 * range.
 */
@Internal
public final class HalfPrecision {

  private HalfPrecision() {}

  /** One of these that is float16. */
  private static Optional<Variable> weight(Collection<Variable> variables) {
    return variables.stream().filter(variable -> variable.dtype() == DType.FLOAT16).findFirst();
  }

  /**
   * A node in float16 between what trains before the heads and their answers. The heads' own
   * variables do not count: what reaches them is as large as the loss.
   */
  static Optional<String> below(Task task, Collection<Variable> training) {
    return between(task.model(), before(task, training), task.logits());
  }

  private static Set<Variable> before(Task task, Collection<Variable> training) {
    Set<Variable> before = new HashSet<>(training);
    before.removeAll(Set.copyOf(task.variables()));
    return before;
  }

  /** A node in float16 through which gradients to what is before {@code model}'s heads go. */
  public static Optional<String> belowHeads(Model model) {
    List<TensorRef> logits = model.heads().stream().map(Head::logits).toList();
    return between(model, trainableBelowHeads(model), logits);
  }

  /** A weight before {@code model}'s heads that is float16 itself, by its name. */
  public static Optional<String> weightBelowHeads(Model model) {
    return weight(trainableBelowHeads(model)).map(Variable::name);
  }

  private static List<Variable> trainableBelowHeads(Model model) {
    Set<String> before =
        model.graph().upstream(model.heads().stream().map(head -> head.features().node()).toList());
    return model.variables().stream()
        .filter(v -> v.canTrain() && before.contains(v.node()))
        .toList();
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
