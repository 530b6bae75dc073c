package dev.graft.autodiff.internal.engine;

import dev.graft.graph.TensorRef;
import dev.graft.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The way back through NumPy broadcasting: sum over what was repeated. */
public final class Broadcasting {

  private Broadcasting() {}

  /**
   * {@code gradient}, which has the common shape of {@code x} and {@code others}, summed to the
   * shape of {@code x}. Decided beforehand where the shapes are known well enough, otherwise by
   * TensorFlow when the graph runs.
   */
  public static TensorRef sumTo(TensorRef x, List<TensorRef> others, TensorRef gradient, Ops t) {
    List<Integer> axes = repeatedAxes(x, others, t);
    if (axes == null) {
      List<TensorRef> reduce =
          t.op("BroadcastGradientArgs").input(t.shape(x)).input(t.shape(gradient)).outputs();
      return t.reshape(t.sum(gradient, reduce.get(0), false), t.shape(x));
    }
    if (axes.isEmpty()) {
      return gradient;
    }
    int rank = t.shapeOf(x).rank();
    int added = commonRank(t.shapeOf(x), others, t) - rank;
    boolean onlyAdded = axes.size() == added;
    TensorRef sum = t.sum(gradient, added == 0, axes.stream().mapToInt(i -> i).toArray());
    return added == 0 || onlyAdded ? sum : t.reshapeLike(sum, x);
  }

  /**
   * {@code gradient}, a stack of matrices, summed over the batch dimensions along which {@code x}
   * is repeated to meet {@code other}; the last two dimensions are already those of x.
   */
  public static TensorRef sumBatchTo(TensorRef x, TensorRef other, TensorRef gradient, Ops t) {
    Shape own = t.namedShapeOf(x);
    Shape theirs = t.namedShapeOf(other);
    if (own.hasRank() && theirs.hasRank() && ownBatchLeads(own, theirs)) {
      return gradient;
    }
    TensorRef shape = t.shape(x);
    List<TensorRef> reduce =
        t.op("BroadcastGradientArgs")
            .input(t.elements(shape, 0, -2))
            .input(t.elements(t.shape(gradient), 0, -2))
            .outputs();
    return t.reshape(t.sum(gradient, reduce.get(0), false), shape);
  }

  /** Whether no batch dimension of {@code own} can be repeated. */
  private static boolean ownBatchLeads(Shape own, Shape theirs) {
    if (theirs.rank() > own.rank()) {
      return false;
    }
    for (int i = 3; i <= own.rank(); i++) {
      long theirDim = i <= theirs.rank() ? theirs.dim(-i) : 1;
      boolean alike = own.dim(-i) < Shape.UNKNOWN && own.dim(-i) == theirDim;
      if (theirDim != 1 && !alike && (own.dim(-i) == 1 || own.dim(-i) < 0)) {
        return false;
      }
    }
    return true;
  }

  /** The axes of the common shape along which {@code x} is repeated; null if that is not known. */
  private static @Nullable List<Integer> repeatedAxes(TensorRef x, List<TensorRef> others, Ops t) {
    Shape own = t.namedShapeOf(x);
    int rank = commonRank(own, others, t);
    if (rank < 0) {
      return null;
    }
    List<Integer> axes = new ArrayList<>();
    for (int i = 0; i < rank; i++) {
      int at = i - rank + own.rank();
      if (at < 0) {
        axes.add(i);
        continue;
      }
      long dim = own.dim(at);
      boolean alone = true; // no other tensor can be longer here
      boolean alike = dim < Shape.UNKNOWN; // whatever size this is, the others have it too
      for (TensorRef other : others) {
        Shape shape = t.namedShapeOf(other);
        int otherAt = i - rank + shape.rank();
        boolean single = otherAt < 0 || shape.dim(otherAt) == 1;
        alone &= single;
        alike &= single || shape.dim(otherAt) == dim;
      }
      if (dim == 1 && !alone) {
        axes.add(i);
      } else if (dim < 0 && !alone && !alike) {
        return null;
      }
    }
    return axes;
  }

  private static int commonRank(Shape own, List<TensorRef> others, Ops t) {
    int rank = own.rank();
    for (TensorRef other : others) {
      int otherRank = t.shapeOf(other).rank();
      if (otherRank < 0 || rank < 0) {
        return -1;
      }
      rank = Math.max(rank, otherRank);
    }
    return rank;
  }
}
