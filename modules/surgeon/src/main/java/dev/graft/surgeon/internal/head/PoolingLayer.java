package dev.graft.surgeon.internal.head;

import dev.graft.graph.GraphEditor;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.surgeon.internal.analysis.SequenceMask;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** The nodes that bring the positions of a picture or a sequence down to one vector. */
final class PoolingLayer {

  private final Scope g;
  private final TensorRef features;
  private final int[] positions;
  private final @Nullable TensorRef mask; // bool [N, positions, 1]

  /**
   * Pooling of {@code features}, which have {@code rank} dimensions.
   *
   * @param mask which positions of a sequence are padding, if that is known
   */
  PoolingLayer(
      GraphEditor editor, String layer, TensorRef features, int rank, Optional<SequenceMask> mask) {
    this.g = new Scope(editor, layer);
    this.features = features;
    this.positions = IntStream.range(1, rank - 1).toArray();
    this.mask = mask.map(this::mask).orElse(null);
  }

  private TensorRef mask(SequenceMask mask) {
    TensorRef differs = g.add("NotEqual", mask.read(), g.scalarLike(mask.read(), mask.padding()));
    return mask.ofFeatures()
        ? g.op("Any").input(differs).input(g.ints(-1)).attr("keep_dims", true).output()
        : g.add("ExpandDims", differs, g.scalar(-1));
  }

  /** The mean over the positions that are no padding; zeros where all are. */
  TensorRef mean() {
    if (mask == null) {
      return reduced("Mean", features);
    }
    TensorRef counted = g.cast(mask, g.editor().dtype(features));
    TensorRef count = g.add("Maximum", reduced("Sum", counted), g.scalarLike(features, 1));
    return g.add("RealDiv", reduced("Sum", g.add("Mul", features, counted)), count);
  }

  /** The maximum over the positions that are no padding; zeros where all are. */
  TensorRef max() {
    if (mask == null) {
      return reduced("Max", features);
    }
    TensorRef max =
        reduced("Max", g.add("SelectV2", mask, features, g.scalarLike(features, -Float.MAX_VALUE)));
    return g.add("SelectV2", reduced("Any", mask), max, g.add("ZerosLike", max));
  }

  /** The first position. */
  TensorRef first() {
    int rank = positions.length + 2;
    int[] ones = new int[rank];
    Arrays.fill(ones, 1);
    int shrink = 0;
    for (int position : positions) {
      shrink |= 1 << position;
    }
    int whole = 1 | 1 << (rank - 1);
    return g.op("StridedSlice")
        .input(features)
        .input(g.ints(new int[rank]))
        .input(g.ints(ones))
        .input(g.ints(ones))
        .attr("begin_mask", whole)
        .attr("end_mask", whole)
        .attr("shrink_axis_mask", shrink)
        .output();
  }

  /** All positions one after the other, {@code size} numbers. */
  TensorRef flat(long size) {
    return g.add("Reshape", features, g.ints(-1, (int) size));
  }

  private TensorRef reduced(String op, TensorRef x) {
    return g.add(op, x, g.ints(positions));
  }
}
