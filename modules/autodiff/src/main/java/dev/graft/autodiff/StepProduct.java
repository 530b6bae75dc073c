package dev.graft.autodiff;

import dev.graft.graph.Graph;
import dev.graft.graph.Nodes;
import dev.graft.graph.OpRegistry;
import dev.graft.graph.Shape;
import dev.graft.graph.TensorRef;
import dev.graft.model.TensorValue;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.TensorProto;

/**
 * What a step adds to the gradient of weights that it multiplies by: {@code aᵀ·b}. The sum over all
 * steps is the product of all {@code a} below each other with all {@code b} below each other, so
 * that one large product after the loop does the work of many small ones and of adding them up, at
 * the price of keeping the factors that long.
 *
 * @param a the first factor: [rows, n]
 * @param b the second factor: [rows, m]; the number of rows may differ from step to step
 */
record StepProduct(TensorRef a, TensorRef b) {

  /** With more steps the factors would take more memory than the time is worth. */
  private static final int MOST_STEPS = 128;

  private static final TensorProto NO_LEADING_DIMS =
      TensorValue.of(Shape.of(0), new long[0]).toProto();

  /** Those of a body's gradients that are such products. */
  static Map<Integer, StepProduct> among(Graph graph, Map<Integer, TensorRef> gradients) {
    Map<Integer, StepProduct> found = new TreeMap<>();
    gradients.forEach(
        (i, gradient) -> {
          NodeDef node = graph.node(gradient.node());
          if (node.getOp().equals("MatMul")
              && isSet(node, "transpose_a")
              && !isSet(node, "transpose_b")) {
            List<TensorRef> factors = Nodes.dataInputs(node);
            found.put(i, new StepProduct(factors.get(0), factors.get(1)));
          }
        });
    return found;
  }

  private static boolean isSet(NodeDef node, String key) {
    AttrValue value = OpRegistry.standard().attr(node, key);
    return value != null && value.getB();
  }

  /** Whether a loop over these arguments takes few steps, by the lists that it walks along. */
  static boolean isWorthIt(Backprop op, Set<Integer> invariant, Ops t) {
    return t.library().memory() == LoopMemory.SAVE
        && invariant.stream()
            .map(i -> LoopShapes.rows(op.in(i), t))
            .anyMatch(rows -> rows.rank() > 0 && rows.dim(0) > 0 && rows.dim(0) <= MOST_STEPS);
  }

  /**
   * The sum over all steps.
   *
   * @param as list of all {@code a}
   * @param bs list of all {@code b}, in the same order
   * @param shape that of the sum, int32: [n, m]; a loop may have taken no step
   */
  static TensorRef sum(TensorRef as, TensorRef bs, TensorRef shape, DataType dtype, Ops t) {
    return t.matmul(
        below(as, t.element(shape, 0), dtype, t),
        below(bs, t.element(shape, 1), dtype, t),
        true,
        false);
  }

  private static TensorRef below(TensorRef list, TensorRef columns, DataType dtype, Ops t) {
    return t.op("TensorListConcatV2")
        .input(list)
        .input(t.pack(t.integer(-1), columns))
        .input(t.constant(NO_LEADING_DIMS))
        .attr("element_dtype", dtype)
        .outputs()
        .get(0);
  }
}
