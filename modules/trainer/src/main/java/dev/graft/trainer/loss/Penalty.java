package dev.graft.trainer.loss;

import dev.graft.error.BadRequestException;
import dev.graft.error.Internal;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.model.Variable;
import dev.graft.trainer.optimizer.Optimizer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.tensorflow.proto.DataType;

/**
 * What large weights cost: a term of the loss for each kernel that trains, {@code l1 * sum(|w|) +
 * l2 * sum(w^2)}, as Keras' {@code L1L2} has it. Biases and normalisation are left out. Not to be
 * confused with {@link Optimizer.WeightDecay}, which no gradient knows of.
 *
 * @param l1 the strength of the first sum, 0 for none
 * @param l2 the strength of the second, 0 for none
 */
public record Penalty(double l1, double l2) {

  public Penalty {
    if (!(l1 >= 0 && l2 >= 0)) {
      throw new BadRequestException(
          "the strength of a penalty is 0 or more, not " + l1 + " and " + l2 + ".");
    }
  }

  /** None. */
  public static Penalty none() {
    return new Penalty(0, 0);
  }

  /** On the sum of squares. */
  public static Penalty l2(double strength) {
    return new Penalty(0, strength);
  }

  /** On the sum of absolute values. */
  public static Penalty l1(double strength) {
    return new Penalty(strength, 0);
  }

  /** {@code loss} plus what the kernels among {@code training} cost. */
  @Internal
  public TensorRef addTo(Scope g, TensorRef loss, Collection<Variable> training) {
    DataType dtype = g.editor().dtype(loss);
    List<TensorRef> terms = new ArrayList<>(List.of(loss));
    for (Variable variable : training) {
      if (isPenalised(variable)) {
        TensorRef value =
            g.op("ReadVariableOp")
                .attr("dtype", variable.dtype().proto())
                .input(variable.handle())
                .output();
        TensorRef flat = g.cast(g.add("Reshape", value, g.ints(-1)), dtype);
        if (l1 > 0) {
          terms.add(term(g, g.add("Abs", flat), l1));
        }
        if (l2 > 0) {
          terms.add(term(g, g.add("Square", flat), l2));
        }
      }
    }
    return terms.size() == 1 ? loss : g.addList("AddN", terms);
  }

  private static TensorRef term(Scope g, TensorRef each, double strength) {
    TensorRef sum = g.add("Sum", each, g.ints(0));
    return g.add("Mul", sum, g.scalarLike(sum, strength));
  }

  private static boolean isPenalised(Variable variable) {
    return switch (variable.role()) {
      case KERNEL, DEPTHWISE_KERNEL, RECURRENT_KERNEL, EMBEDDINGS -> true;
      case OTHER -> variable.shape().rank() >= 2;
      default -> false;
    };
  }
}
