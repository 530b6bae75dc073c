package dev.graft.autodiff.internal.rules;

import dev.graft.autodiff.gradient.Gradient;
import dev.graft.autodiff.internal.engine.Backprop;
import dev.graft.autodiff.internal.engine.Ops;
import dev.graft.autodiff.internal.engine.RuleBook;
import dev.graft.graph.TensorRef;
import org.tensorflow.proto.DataType;

/** Reading variables, and looking rows up by index. */
final class IndexingRules {

  private IndexingRules() {}

  static void addTo(RuleBook rules) {
    rules.add(
        (op, t) -> {
          Gradient gradient = op.gradient(0);
          if (gradient != null) {
            op.give(0, gradient);
          }
        },
        "ReadVariableOp");
    rules.add("ResourceGather", IndexingRules::resourceGather);
    rules.add(
        "ResourceGatherNd",
        (op, t) -> {
          TensorRef shape = variableShape(op, t, t.dtype(op.in(1)));
          op.give(0, new Gradient.Dense(t.call("ScatterNd", op.in(1), op.dy(), shape)));
        });
    rules.add("Gather", (op, t) -> op.give(0, rows(op, t, t.shape(op.in(0)))));
    rules.add("GatherV2", IndexingRules::gatherV2);
    rules.add(
        "GatherNd",
        (op, t) -> {
          TensorRef shape = t.cast(t.shape(op.in(0)), t.dtype(op.in(1)));
          op.give(0, t.call("ScatterNd", op.in(1), op.dy(), shape));
        });
  }

  private static TensorRef variableShape(Backprop op, Ops t, DataType type) {
    return t.op("VariableShape").input(op.in(0)).attr("out_type", type).output();
  }

  private static void resourceGather(Backprop op, Ops t) {
    int batchDims = (int) op.integer("batch_dims");
    TensorRef shape = variableShape(op, t, DataType.DT_INT32);
    if (batchDims == 0) {
      op.give(0, rows(op, t, shape));
      return;
    }
    TensorRef params =
        t.op("ReadVariableOp").input(op.in(0)).attr("dtype", op.type("dtype")).output();
    op.give(
        0,
        new Gradient.Dense(
            new GatherBack(params, op.in(1), t.integer(batchDims), batchDims)
                .scatter(shape, op.dy(), t)));
  }

  /** The gradient of looking up whole rows along the first dimension. */
  private static Gradient rows(Backprop op, Ops t, TensorRef shape) {
    TensorRef indices = t.reshape(op.in(1), t.ints(-1));
    TensorRef count = t.reshape(t.size(op.in(1)), t.ints(1));
    TensorRef rowShape = t.elements(shape, 1, 0);
    TensorRef values = t.reshape(op.dy(), t.concat(0, java.util.List.of(count, rowShape)));
    return new Gradient.Sparse(indices, values, shape);
  }

  private static void gatherV2(Backprop op, Ops t) {
    int batchDims = (int) op.integer("batch_dims");
    int[] axis = t.constantInts(op.in(2));
    TensorRef shape = t.shape(op.in(0));
    if (batchDims == 0 && axis != null && axis[0] == 0) {
      op.give(0, rows(op, t, shape));
      return;
    }
    op.give(
        0,
        new GatherBack(op.in(0), op.in(1), t.cast(op.in(2), DataType.DT_INT32), batchDims)
            .scatter(shape, op.dy(), t));
  }
}
