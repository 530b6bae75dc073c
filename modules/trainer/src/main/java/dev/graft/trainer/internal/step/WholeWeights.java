package dev.graft.trainer.internal.step;

import dev.graft.autodiff.gradient.Gradient;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.model.Variable;
import dev.graft.model.VariableSource;
import dev.graft.savedmodel.checkpoint.VariableValues;
import dev.graft.tensor.DType;
import dev.graft.tensor.Halves;
import dev.graft.trainer.optimizer.Gradients;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * float32 copies of weights that are float16 themselves, in which a step is lost that is smaller
 * than a thousandth of a weight. Steps change the copy, and the weight is the copy, rounded, after
 * each. Keras' mixed policy has float32 weights for the same reason.
 */
final class WholeWeights {

  private final VariableValues values = new VariableValues();
  private final Map<Variable, Variable> copies = new LinkedHashMap<>();

  /** What steps change: {@code weight} itself, or its copy, which is added to the graph. */
  Variable of(Scope g, Variable weight) {
    if (weight.dtype() != DType.FLOAT16) {
      return weight;
    }
    return copies.computeIfAbsent(weight, half -> copy(g, half));
  }

  private Variable copy(Scope g, Variable half) {
    String name = g.name("whole");
    String node =
        g.op("VarHandleOp")
            .name(name)
            .attr("dtype", DType.FLOAT32.proto())
            .attr("shape", half.shape())
            .attr("shared_name", name)
            .node();
    return new Variable(
        name,
        node,
        DType.FLOAT32,
        half.shape(),
        false,
        Variable.Role.STATE,
        new VariableSource.Given(Halves.toFloats(values.of(half))));
  }

  /** {@code gradient} of {@code weight} as what steps change takes it. */
  static Gradient gradient(Scope g, Variable weight, Gradient gradient) {
    return weight.dtype() == DType.FLOAT16
        ? Gradients.map(gradient, x -> g.cast(x, DType.FLOAT32.proto()))
        : gradient;
  }

  /** Copies, all of them. */
  Iterable<Variable> all() {
    return copies.values();
  }

  /**
   * The node that has {@code weight} changed: {@code update}, or what rounds the copy after it.
   *
   * @param update changes what {@link #of} gave, after all that reads the weight
   */
  String changed(Scope g, Variable weight, String update) {
    Variable copy = copies.get(weight);
    if (copy == null) {
      return update;
    }
    TensorRef now =
        g.op("ReadVariableOp")
            .attr("dtype", copy.dtype().proto())
            .input(copy.handle())
            .after(update)
            .output();
    return g.op("AssignVariableOp")
        .input(weight.handle())
        .input(g.cast(now, weight.dtype().proto()))
        .node();
  }
}
