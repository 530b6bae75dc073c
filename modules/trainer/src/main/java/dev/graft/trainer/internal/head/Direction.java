package dev.graft.trainer.internal.head;

import dev.graft.graph.Attrs;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import org.tensorflow.proto.DataType;

/**
 * Which way limited-memory BFGS goes (Nocedal and Wright, Numerical Optimization, 2nd ed.,
 * algorithm 7.4), for several functions at once. It is found from inner products alone (Chen et
 * al., Large-scale L-BFGS using MapReduce, 2014): either loop of the algorithm is a triangular
 * system, so that little is computed of what is as long as the parameters.
 */
final class Direction {

  private Direction() {}

  /**
   * Adds the direction to take; without pairs, or where they are used up, it is the way down.
   *
   * @param gradient [functions, parameters]
   * @param s the last steps, [functions, pairs, parameters], the newest first; zeros are none
   * @param y how the gradient changed in each
   * @return [functions, parameters]
   */
  static TensorRef of(Scope g, TensorRef gradient, TensorRef s, TensorRef y) {
    TensorRef down = column(g, gradient);
    TensorRef yy = product(g, y, y);
    TensorRef sy = product(g, s, y);
    TensorRef diagonal = g.add("MatrixDiagPart", sy);
    // where there is no such pair its share is 0 times 1, instead of divided by 0
    TensorRef none = g.cast(g.add("Equal", diagonal, g.scalar(0f)), DataType.DT_FLOAT);
    TensorRef lower = g.add("MatrixBandPart", sy, g.scalar(-1), g.scalar(0));
    TensorRef system = g.add("AddV2", lower, g.add("MatrixDiag", none));
    TensorRef shares = solved(g, system, g.add("BatchMatMulV2", s, down), false);
    TensorRef q = g.add("Sub", down, combined(g, y, shares));

    TensorRef newest = newest(g, diagonal);
    TensorRef scale = g.add("DivNoNan", newest, newest(g, g.add("MatrixDiagPart", yy)));
    TensorRef size = g.add("Sum", g.add("Abs", down), g.ints(1)); // [functions, 1]
    TensorRef first = g.add("DivNoNan", g.scalar(1f), size);
    TensorRef hasPair = g.add("Greater", newest, g.scalar(0f));
    TensorRef factor = column(g, g.add("SelectV2", hasPair, scale, first));

    TensorRef rest =
        g.add("Sub", g.add("BatchMatMulV2", y, down), g.add("BatchMatMulV2", yy, shares));
    TensorRef each = g.add("Mul", column(g, diagonal), shares);
    TensorRef back = solved(g, system, g.add("Sub", each, g.add("Mul", factor, rest)), true);
    TensorRef r = g.add("AddV2", g.add("Mul", factor, q), combined(g, s, back));
    return g.add("Neg", g.op("Squeeze").input(r).attr("squeeze_dims", Attrs.ints(2)).output());
  }

  /** [functions, pairs, pairs]. */
  private static TensorRef product(Scope g, TensorRef a, TensorRef b) {
    return g.op("BatchMatMulV2").input(a).input(b).attr("adj_y", true).output();
  }

  /** The sum of {@code pairs} [functions, pairs, parameters], each times its share, as columns. */
  private static TensorRef combined(Scope g, TensorRef pairs, TensorRef shares) {
    return g.op("BatchMatMulV2").input(pairs).input(shares).attr("adj_x", true).output();
  }

  private static TensorRef solved(Scope g, TensorRef lower, TensorRef right, boolean isAdjoint) {
    return g.op("MatrixTriangularSolve")
        .input(lower)
        .input(right)
        .attr("lower", true)
        .attr("adjoint", isAdjoint)
        .output();
  }

  /** Of [functions, pairs] those of the newest pair: [functions, 1]. */
  private static TensorRef newest(Scope g, TensorRef diagonal) {
    return g.add("Slice", diagonal, g.ints(0, 0), g.ints(-1, 1));
  }

  /** With one dimension more, of size 1, at its end. */
  private static TensorRef column(Scope g, TensorRef tensor) {
    return g.add("ExpandDims", tensor, g.scalar(-1));
  }
}
