package dev.graft.autodiff.internal.rules;

import dev.graft.autodiff.internal.engine.Ops;
import dev.graft.error.BadModelException;
import dev.graft.graph.TensorRef;
import java.util.List;
import org.tensorflow.proto.DataType;

/**
 * The way back from a look-up along any axis, with batch dimensions: bring the looked-up axis
 * behind the batch, number the rows of all batches through, add up, and bring the axis back.
 *
 * @param params what was looked up in
 * @param indices where
 * @param axis the axis, an int32 scalar
 * @param batchDims how many dimensions both begin with; from the end of the indices if negative
 */
record GatherBack(TensorRef params, TensorRef indices, TensorRef axis, int batchDims) {

  /**
   * The gradient of {@code params}.
   *
   * @param shape int32 vector: the shape of params
   */
  TensorRef scatter(TensorRef shape, TensorRef dy, Ops t) {
    TensorRef rank = t.rank(params);
    TensorRef from = t.call("FloorMod", axis, rank);
    TensorRef indexRank = t.rank(indices);
    int batch = batchDims < 0 ? batchDims + t.shapeOf(indices).rank() : batchDims;
    if (batch < 0) {
      throw BadModelException.atNode(
          params.node(),
          "the batch dimensions of what is looked up in '"
              + params
              + "' count from the end ("
              + batchDims
              + "), and how many dimensions '"
              + indices
              + "' has is not known; save the model with a known number.");
    }
    TensorRef b = t.integer(batch);
    TensorRef zero = t.integer(0);
    // dy: batch, params before the axis, indices, params after the axis
    TensorRef looked = t.add(from, t.sub(indexRank, b));
    TensorRef dyPerm =
        t.concat(
            0,
            List.of(
                t.range(zero, b),
                t.range(from, looked),
                t.range(b, from),
                t.range(looked, t.rank(dy))));
    TensorRef rows = t.call("Transpose", dy, dyPerm);
    // params: batch, axis, before, after
    TensorRef paramsPerm =
        t.concat(
            0,
            List.of(
                t.range(zero, b),
                t.reshape(from, t.ints(1)),
                t.range(b, from),
                t.range(t.add(from, t.integer(1)), rank)));
    TensorRef moved = t.gather(shape, paramsPerm, 0);
    TensorRef size = t.element(moved, batch);
    TensorRef batches = t.prod(t.slice(moved, t.ints(0), t.ints(batch)));
    TensorRef rest = t.elements(moved, batch + 1, 0);
    TensorRef offsets = t.mul(t.range(zero, batches), size); // where the rows of each batch begin
    TensorRef ids =
        t.reshape(
            t.add(
                t.reshape(
                    t.cast(indices, DataType.DT_INT32),
                    t.pack(batches, perBatch(indices, batch, t))),
                t.expandDims(offsets, 1)),
            t.ints(-1));
    TensorRef flat = t.reshape(rows, t.concat(0, List.of(t.reshape(t.size(ids), t.ints(1)), rest)));
    TensorRef summed = t.call("UnsortedSegmentSum", flat, ids, t.mul(batches, size));
    TensorRef back = t.call("InvertPermutation", paramsPerm);
    return t.call("Transpose", t.reshape(summed, moved), back);
  }

  private static TensorRef perBatch(TensorRef indices, int batch, Ops t) {
    return t.prod(t.elements(t.shape(indices), batch, 0));
  }
}
