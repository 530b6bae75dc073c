package dev.graft.exporter;

import static java.util.Objects.requireNonNull;

import com.google.common.collect.ImmutableMap;
import dev.graft.error.BadRequestException;
import dev.graft.error.ExhaustedException;
import dev.graft.exporter.internal.sample.BatchRows;
import dev.graft.exporter.internal.sample.MadeUpInputs;
import dev.graft.graph.Attrs;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.TensorRef;
import dev.graft.model.Model;
import dev.graft.model.Signature;
import dev.graft.model.TensorSpec;
import dev.graft.runtime.ModelSession;
import dev.graft.runtime.ShapeInference;
import dev.graft.runtime.TensorFlowException;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.tensorflow.proto.NodeDef;

/**
 * Opens the batch dimension of signatures, so that a server may batch requests, where the graph can
 * take it: TensorFlow's shape inference has to find it open at the outputs as well, and a batch of
 * three has to run, since inference does not look into lists. A graph that fixes its batch inside
 * keeps it. Writes the shapes that inference finds into the signatures.
 */
final class OpenBatch {

  private static final System.Logger LOG = System.getLogger(OpenBatch.class.getName());

  private static final int ROWS = 3;

  private OpenBatch() {}

  static Model of(TensorFlowRuntime runtime, Model model) {
    Model opened = model;
    for (Signature signature : model.signatures().values()) {
      Model next = opened(opened, signature);
      if (next != opened && runs(runtime, withInferredShapes(next), signature.name())) {
        opened = next;
      }
    }
    return withInferredShapes(opened);
  }

  /**
   * {@code model}, which is open as far as it can be, with signatures for what its heads read.
   *
   * @throws BadRequestException if that is not a row for each example
   */
  static Model withFeatures(Model model) {
    Model all = withInferredShapes(ServingForm.withFeatures(model));
    for (String name : ServingForm.readers(model).keySet()) {
      Signature signature = requireNonNull(all.signatures().get(name), name);
      Shape shape = signature.outputs().values().iterator().next().shape();
      long rows = BatchRows.isOpen(signature) ? Shape.UNKNOWN : signature.fixedBatch();
      boolean isKnown = shape.rank() == 0 || shape.hasRank() && shape.dim(0) >= 0 && rows != 0;
      if (isKnown) {
        requireRows(shape, rows);
      }
    }
    return all;
  }

  /**
   * Makes sure that features have a row for each example.
   *
   * @param rows of examples
   */
  static void requireRows(Shape features, long rows) {
    if (features.rank() == 0 || features.dim(0) != rows) {
      throw new BadRequestException(
          "what the head reads is "
              + features
              + (rows > 0 ? " of " + rows + " examples" : "")
              + ", not a row for each example; publish without a signature for features.");
    }
  }

  /**
   * As {@link #withFeatures}, of any model, and tried: shapes tell of several rows for each example
   * only in a run.
   *
   * @throws BadRequestException if what the heads read is not a row for each example, or cannot be
   *     computed while the answers can
   */
  static void requireFeatures(TensorFlowRuntime runtime, Model own) {
    Model model = withFeatures(of(runtime, ServingForm.of(own)));
    Signature serving = model.servingSignature();
    int rows = BatchRows.isOpen(serving) ? ROWS : Math.max(1, serving.fixedBatch());
    for (Map<String, TensorValue> inputs : MadeUpInputs.all(model, serving, rows)) {
      try (ModelSession session = runtime.open(model)) {
        session.call(serving, inputs);
        requireFeatures(session, model, inputs);
        return;
      } catch (TensorFlowException | ExhaustedException e) {
        LOG.log(Level.DEBUG, "made-up inputs do not fit " + model.name(), e);
      }
    }
  }

  private static void requireFeatures(
      ModelSession session, Model model, Map<String, TensorValue> inputs) {
    for (String name : ServingForm.readers(model).keySet()) {
      Signature signature = requireNonNull(model.signatures().get(name), name);
      try {
        int rows = BatchRows.count(inputs);
        for (TensorValue features : session.call(signature, inputs).values()) {
          if (rows > 0) {
            requireRows(features.shape(), rows);
          }
        }
      } catch (TensorFlowException e) {
        throw new BadRequestException(
            "what the head reads cannot be given while its answers can: "
                + e.detail()
                + "; publish without a signature for features.",
            e);
      }
    }
  }

  private static Model opened(Model model, Signature signature) {
    GraphEditor editor = model.graph().edit();
    boolean changed = false;
    for (TensorSpec input : signature.inputs().values()) {
      NodeDef node = editor.node(input.tensor().node());
      if (!node.getOp().equals("Placeholder")) {
        return model;
      }
      Shape shape = Shape.from(node.getAttrOrDefault("shape", Attrs.of(input.shape())).getShape());
      if (shape.rank() > 0 && shape.dim(0) != Shape.UNKNOWN) {
        Shape open = ServingForm.openBatch(shape);
        editor.replace(node.toBuilder().putAttr("shape", Attrs.of(open)).build());
        changed = true;
      }
    }
    if (!changed) {
      return model;
    }
    Graph graph = editor.build();
    ShapeInference shapes;
    try {
      shapes = ShapeInference.of(graph);
    } catch (TensorFlowException e) {
      return kept(model, signature.name(), e); // something inside counts on the fixed size
    }
    boolean open =
        signature.outputs().values().stream()
            .map(output -> shapes.shape(output.tensor()))
            .allMatch(shape -> shape.rank() != 0 && shape.dim(0) == Shape.UNKNOWN);
    return open ? model.toBuilder().graph(graph).build() : kept(model, signature.name(), null);
  }

  private static Model kept(Model model, String signature, @Nullable Exception why) {
    LOG.log(Level.INFO, "signature '" + signature + "' keeps the size of its batches", why);
    return model;
  }

  /** Whether it takes several rows; taken for granted where no inputs can be made up. */
  private static boolean runs(TensorFlowRuntime runtime, Model opened, String name) {
    Signature signature = opened.signatures().get(name);
    Optional<Map<String, TensorValue>> inputs =
        signature == null ? Optional.empty() : MadeUpInputs.drawn(opened).of(signature, ROWS);
    if (signature == null || inputs.isEmpty()) {
      return true;
    }
    try (ModelSession session = runtime.open(opened)) {
      session.call(signature, inputs.get());
      return true;
    } catch (TensorFlowException | ExhaustedException e) {
      LOG.log(Level.INFO, "signature '" + name + "' keeps the size of its batches", e);
      return false;
    }
  }

  private static Model withInferredShapes(Model model) {
    ShapeInference shapes = ShapeInference.of(model.graph());
    List<Signature> signatures =
        model.signatures().values().stream()
            .map(
                signature ->
                    signature.with(
                        inferred(shapes, signature.inputs()),
                        inferred(shapes, signature.outputs())))
            .toList();
    return model.toBuilder().signatures(signatures).build();
  }

  private static ImmutableMap<String, TensorSpec> inferred(
      ShapeInference shapes, Map<String, TensorSpec> specs) {
    ImmutableMap.Builder<String, TensorSpec> all = ImmutableMap.builder();
    specs.forEach(
        (name, spec) -> {
          TensorRef tensor = spec.tensor();
          Shape known = shapes.shape(tensor);
          all.put(
              name, new TensorSpec(tensor, spec.dtype(), known.hasRank() ? known : spec.shape()));
        });
    return all.buildOrThrow();
  }
}
