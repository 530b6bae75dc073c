package dev.graft.autodiff.internal.engine;

import dev.graft.autodiff.gradient.Gradient;
import dev.graft.graph.TensorRef;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.tensorflow.proto.DataType;

/**
 * What has arrived at each tensor so far on the way back. A tensor that several nodes read gets one
 * contribution from each; their sum is its gradient.
 */
public final class Cotangents {

  /** The gradient of a list of tensors of which only one element has any. */
  record Item(TensorRef index, TensorRef value) {}

  private final Map<TensorRef, List<Gradient>> arrived = new HashMap<>();
  private final Map<TensorRef, List<Item>> items = new HashMap<>();
  private final Ops t;

  Cotangents(Ops t) {
    this.t = t;
  }

  void add(TensorRef tensor, Gradient gradient) {
    arrived.computeIfAbsent(tensor, k -> new ArrayList<>(2)).add(gradient);
  }

  void add(TensorRef list, Item item) {
    items.computeIfAbsent(list, k -> new ArrayList<>(2)).add(item);
  }

  /** The sum of what arrived at {@code tensor}, or null if nothing did. */
  @Nullable Gradient sum(TensorRef tensor) {
    List<Gradient> parts = arrived.get(tensor);
    List<Item> single = items.remove(tensor);
    if (parts == null && single == null) {
      return null;
    }
    Gradient sum = parts == null ? null : parts.size() == 1 ? parts.get(0) : sum(parts);
    if (single != null) {
      sum = new Gradient.Dense(sumItems(tensor, sum == null ? null : dense(sum, t), single));
    }
    List<Gradient> one = new ArrayList<>(2);
    if (sum != null) {
      one.add(sum);
    }
    arrived.put(tensor, one);
    return sum;
  }

  /**
   * Adds single elements to a list in place: a step of a loop then costs one element, not the whole
   * list.
   */
  private TensorRef sumItems(TensorRef list, @Nullable TensorRef base, List<Item> single) {
    DataType element = t.dtype(single.get(0).value());
    TensorRef sum = base == null ? TensorLists.emptyLike(list, element, t) : base;
    boolean first = base == null;
    for (Item item : single) {
      TensorRef value = item.value();
      if (!first) {
        TensorRef there = TensorLists.element(sum, item.index(), t.shape(value), element, t);
        value = t.add(there, value);
      }
      sum = t.call("TensorListSetItem", sum, item.index(), value);
      first = false;
    }
    return sum;
  }

  private Gradient sum(List<Gradient> parts) {
    if (parts.stream().allMatch(part -> part instanceof Gradient.Sparse)) {
      return sumSparse(parts.stream().map(part -> (Gradient.Sparse) part).toList());
    }
    List<TensorRef> dense = new ArrayList<>();
    parts.forEach(part -> dense.add(dense(part, t)));
    TensorRef sum = t.addN(dense);
    return new Gradient.Dense(
        t.dtype(sum) == DataType.DT_VARIANT ? sum : t.sameShape(sum, dense.get(0)));
  }

  /** Rows of all parts one after the other: the optimizer adds up what occurs twice. */
  private Gradient sumSparse(List<Gradient.Sparse> parts) {
    boolean wide = parts.stream().anyMatch(p -> t.dtype(p.indices()) == DataType.DT_INT64);
    DataType type = wide ? DataType.DT_INT64 : DataType.DT_INT32;
    List<TensorRef> indices = parts.stream().map(p -> t.cast(p.indices(), type)).toList();
    List<TensorRef> values = parts.stream().map(Gradient.Sparse::values).toList();
    return new Gradient.Sparse(
        t.concat(0, indices), t.concat(0, values), parts.get(0).denseShape());
  }

  /** {@code gradient} as one tensor. */
  public static TensorRef dense(Gradient gradient, Ops t) {
    if (gradient instanceof Gradient.Dense d) {
      return d.value();
    }
    Gradient.Sparse sparse = (Gradient.Sparse) gradient;
    return t.call(
        "UnsortedSegmentSum", sparse.values(), sparse.indices(), t.element(sparse.denseShape(), 0));
  }
}
