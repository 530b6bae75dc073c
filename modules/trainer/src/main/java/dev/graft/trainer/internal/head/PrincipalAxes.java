package dev.graft.trainer.internal.head;

import dev.graft.error.ExhaustedException;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.runtime.TensorFlowException;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.RowTable;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.lang.System.Logger.Level;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tensorflow.proto.DataType;

/**
 * The axes along which standardised features vary, where there are fewer examples than features.
 *
 * <p>With {@code X} [N, features] and {@code X Xᵀ = U Λ Uᵀ} the examples lie at {@code U √Λ} [N,
 * axes] along the axes {@code Xᵀ U / √Λ}. These stand at right angles and have length 1, so a
 * kernel over them has the size that it has over the features, and beside them a kernel changes no
 * answer: the best head is the same, of fewer numbers, and how steep the loss is along each is
 * known.
 */
final class PrincipalAxes {

  private static final System.Logger LOG = System.getLogger(PrincipalAxes.class.getName());

  /** Examples, at most: the products of more take longer to be taken apart than they save. */
  private static final int MOST = 512;

  /** Of the largest eigenvalue: what is less is rounding. */
  private static final double LEAST = 1e-10;

  private final TensorFlowRuntime runtime;
  private final FeatureSlices features;
  private final Standardization standard;
  private final double[] eigenvalues; // by axis
  private final double[] vectors; // U: [N, axes]

  private PrincipalAxes(
      TensorFlowRuntime runtime,
      FeatureSlices features,
      Standardization standard,
      double[] eigenvalues,
      double[] vectors) {
    this.runtime = runtime;
    this.features = features;
    this.standard = standard;
    this.eigenvalues = eigenvalues;
    this.vectors = vectors;
  }

  /** Those of {@code features}, where to find them takes less time than it saves. */
  static Optional<PrincipalAxes> of(
      TensorFlowRuntime runtime, FeatureSlices features, Standardization standard) {
    int count = features.examples();
    if (count > Math.min(MOST, features.width()) || features.rows() < count) {
      return Optional.empty();
    }
    GraphEditor editor = Graph.empty().edit();
    Scope g = new Scope(editor, "axes");
    TensorRef raw =
        editor.placeholder("features", DataType.DT_FLOAT, Shape.of(-1, features.width()));
    TensorRef x = standard.standardized(g, raw);
    TensorRef products = g.op("MatMul").input(x).input(x).attr("transpose_b", true).output();
    List<TensorRef> found = g.op("SelfAdjointEigV2").input(products).outputs();
    try (var session = runtime.session(editor.build())) {
      List<TensorValue> values =
          session.run(Map.of(raw, features.read(0, count)), found, List.of());
      double[] all = values.get(0).asDoubles(); // from the smallest on
      double[] table = values.get(1).asDoubles(); // [N, N], an axis a column
      int left = (int) Arrays.stream(all).filter(each -> !(each > LEAST * all[count - 1])).count();
      int axes = count - left;
      double[] vectors = new double[count * axes];
      for (int i = 0; i < count; i++) {
        System.arraycopy(table, i * count + left, vectors, i * axes, axes);
      }
      double[] eigenvalues = Arrays.copyOfRange(all, left, count);
      return Optional.of(new PrincipalAxes(runtime, features, standard, eigenvalues, vectors))
          .filter(some -> axes > 0);
    } catch (TensorFlowException | ExhaustedException e) {
      LOG.log(Level.DEBUG, "a head is solved without the axes of its features", e);
      return Optional.empty(); // it takes longer then
    }
  }

  /** Where the examples lie along the axes. */
  FeatureSlices places() {
    float[] places = new float[vectors.length];
    for (int i = 0; i < places.length; i++) {
      places[i] = (float) (vectors[i] * Math.sqrt(eigenvalues[i % eigenvalues.length]));
    }
    Shape shape = Shape.of(features.examples(), eigenvalues.length);
    return new FeatureSlices(RowTable.of(TensorValue.of(shape, places)), features.examples());
  }

  /**
   * How steep a mean loss gets along each axis: its second derivative, by that of a cross-entropy
   * at most.
   */
  double[] steepness() {
    return Arrays.stream(eigenvalues).map(each -> each / features.examples() / 4).toArray();
  }

  /** A kernel [axes, outputs] as one [features, outputs] for standardised features. */
  TensorValue kernel(TensorValue along) {
    int outputs = (int) along.shape().dim(1);
    double[] shares = along.asDoubles();
    for (int i = 0; i < shares.length; i++) {
      shares[i] /= Math.sqrt(eigenvalues[i / outputs]);
    }
    GraphEditor editor = Graph.empty().edit();
    Scope g = new Scope(editor, "kernel");
    TensorRef raw =
        editor.placeholder("features", DataType.DT_FLOAT, Shape.of(-1, features.width()));
    Shape all = Shape.of(features.examples(), eigenvalues.length);
    TensorRef u = g.constant(TensorValue.of(all, vectors));
    TensorRef each = g.add("MatMul", u, g.constant(TensorValue.of(along.shape(), shares)));
    TensorRef x = standard.standardized(g, raw);
    TensorRef kernel = g.op("MatMul").input(x).input(each).attr("transpose_a", true).output();
    TensorRef asItIs = g.cast(kernel, DataType.DT_FLOAT);
    try (var session = runtime.session(editor.build())) {
      Map<TensorRef, TensorValue> feeds = Map.of(raw, features.read(0, features.examples()));
      return session.run(feeds, List.of(asItIs), List.of()).get(0);
    }
  }
}
