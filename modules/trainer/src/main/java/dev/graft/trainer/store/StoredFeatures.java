package dev.graft.trainer.store;

import com.google.common.hash.HashCode;
import dev.graft.error.Internal;
import dev.graft.graph.Graph;
import dev.graft.graph.TensorRef;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.DType;
import dev.graft.tensor.Rows;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

/**
 * The rows of some tensors in a {@link FeatureStore}, found and kept together. What goes wrong with
 * it costs a sentence and never a result: then nothing is found, or no more is kept.
 */
@Internal
public final class StoredFeatures implements AutoCloseable {

  private static final Set<DType> HELD =
      Set.of(DType.FLOAT16, DType.BFLOAT16, DType.FLOAT32, DType.FLOAT64);

  private static final long LARGEST_ROW = 1L << 28; // bytes

  private final Map<TensorRef, StoredRows> stored = new LinkedHashMap<>();
  private final Map<TensorRef, Shape> rows;
  private final Graph graph;
  private final FeatureStore store;
  private final Consumer<String> said;
  private boolean keeps = true;
  private long room; // bytes

  private StoredFeatures(
      FeatureStore store, Map<TensorRef, Shape> rows, Graph graph, Consumer<String> said) {
    this.store = store;
    this.rows = rows;
    this.graph = graph;
    this.said = said;
  }

  /**
   * Opens the rows of some tensors; none where they may depend on more than the network and an
   * example each, and where the folder cannot be used.
   *
   * @param network of the graph that computes them
   * @param rows the tensors, and of each the shape of what it holds for one example
   * @param said takes sentences on what went wrong
   */
  public static Optional<StoredFeatures> open(
      FeatureStore store,
      TensorFlowRuntime runtime,
      FrozenDigest network,
      Map<TensorRef, Shape> rows,
      Consumer<String> said) {
    StoredFeatures opened = new StoredFeatures(store, rows, network.graph(), said);
    try {
      Map<TensorRef, StoreKey> keys = new LinkedHashMap<>();
      StoreKey key = null;
      for (TensorRef tensor : rows.keySet()) {
        Optional<HashCode> frozen = network.of(tensor);
        if (frozen.isEmpty() || !opened.canHold(tensor)) {
          return Optional.empty();
        }
        String row = opened.none(tensor).toString();
        key = key == null ? StoreKey.of(runtime, frozen.get(), row) : key.of(frozen.get(), row);
        keys.put(tensor, key);
      }
      opened.room =
          store.prepare(keys.values().stream().map(StoreKey::folder).collect(Collectors.toSet()));
      for (Map.Entry<TensorRef, StoreKey> each : keys.entrySet()) {
        int rowBytes = (int) Rows.rowBytes(opened.none(each.getKey()));
        opened.stored.put(each.getKey(), store.open(each.getValue().folder(), rowBytes));
      }
    } catch (IOException | RuntimeException e) {
      opened.give(e);
      opened.close();
      return Optional.empty();
    }
    if (opened.stored.values().stream().anyMatch(found -> found.damaged() > 0)) {
      said.accept(
          "of the features in "
              + store.folder()
              + " some are damaged, or still being written; they are computed again");
    }
    return Optional.of(opened);
  }

  private boolean canHold(TensorRef tensor) {
    Shape row = rows.getOrDefault(tensor, Shape.unknown());
    DType dtype = DType.of(graph.dtype(tensor));
    return row.isFullyKnown()
        && HELD.contains(dtype)
        && row.elements() * TensorValue.size(dtype) < LARGEST_ROW;
  }

  /** The rows of {@code example}, if those of all tensors are there: each a tensor of one row. */
  public Optional<Map<TensorRef, TensorValue>> find(RowDigest example) {
    Map<TensorRef, TensorValue> found = new LinkedHashMap<>();
    stored.forEach(
        (tensor, in) ->
            in.find(example).ifPresent(bytes -> found.put(tensor, value(tensor, bytes, 1))));
    return found.size() == stored.size() ? Optional.of(found) : Optional.empty();
  }

  private TensorValue none(TensorRef tensor) {
    return value(tensor, ByteBuffer.allocate(0), 0);
  }

  private TensorValue value(TensorRef tensor, ByteBuffer bytes, int count) {
    long[] row = rows.getOrDefault(tensor, Shape.scalar()).dims();
    long[] dims = LongStream.concat(LongStream.of(count), LongStream.of(row)).toArray();
    return TensorValue.of(DType.of(graph.dtype(tensor)), Shape.of(dims), bytes);
  }

  /** Keeps the rows of {@code examples}, if it can. */
  public void put(List<RowDigest> examples, Map<TensorRef, TensorValue> values) {
    long needed = 0;
    for (TensorRef tensor : stored.keySet()) {
      needed += RowFile.bytes(examples.size(), Objects.requireNonNull(values.get(tensor)));
    }
    room -= needed;
    keeps &= room >= 0;
    try {
      for (Map.Entry<TensorRef, StoredRows> each : stored.entrySet()) {
        if (keeps && !examples.stream().allMatch(one -> each.getValue().has(one))) {
          each.getValue().append(examples, Objects.requireNonNull(values.get(each.getKey())));
        }
      }
    } catch (IOException e) {
      keeps = false;
      give(e);
    }
  }

  private void give(Exception e) {
    said.accept(
        "features are not kept in "
            + store.folder()
            + " ("
            + e
            + "), so the next run computes them again; give a folder that can be written to, with"
            + " room on its disk");
  }

  @Override
  public void close() {
    for (StoredRows each : stored.values()) {
      try {
        each.close();
      } catch (IOException e) {
        give(e);
      }
    }
  }
}
