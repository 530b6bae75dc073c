package dev.graft.surgeon.edit;

import com.google.common.collect.ImmutableMap;
import dev.graft.error.BadRequestException;
import dev.graft.graph.Graph;
import dev.graft.graph.Loops;
import dev.graft.graph.TensorRef;
import dev.graft.model.Layer;
import dev.graft.model.Model;
import dev.graft.model.Signature;
import dev.graft.model.TensorSpec;
import dev.graft.surgeon.CutPoints;
import dev.graft.surgeon.Edit;
import dev.graft.surgeon.LayerIndex;
import dev.graft.surgeon.internal.analysis.Nearest;
import dev.graft.surgeon.internal.analysis.Signatures;
import dev.graft.surgeon.internal.analysis.StaticShapes;
import dev.graft.tensor.DType;
import java.util.ArrayList;
import java.util.List;
import org.tensorflow.proto.FunctionDef;

/**
 * Ends the model at a layer or tensor: the serving signature then gives that, under the name {@code
 * features}, and all after it is gone, as are the other signatures.
 */
final class Cut extends Edit {

  static final String OUTPUT = "features";

  private final String at;

  Cut(String at) {
    this.at = at;
  }

  @Override
  protected String operation() {
    return "cut";
  }

  @Override
  protected ImmutableMap<String, String> arguments() {
    return ImmutableMap.of("at", at);
  }

  @Override
  protected Model edit(Model model) {
    TensorRef tensor = resolve(model, at);
    Signature serving = model.servingSignature();
    TensorSpec spec =
        new TensorSpec(
            tensor, DType.of(model.graph().dtype(tensor)), new StaticShapes(model).of(tensor));
    Signature cut = Signatures.withOutputs(model.graph(), serving, ImmutableMap.of(OUTPUT, spec));
    if (cut.inputs().isEmpty() && !serving.inputs().isEmpty()) {
      throw new BadRequestException(
          "'"
              + at
              + "' does not depend on the model's input, so no path leads from it to an answer; cut at"
              + " a later layer. "
              + CutPoints.near(model, List.of(tensor.node())));
    }
    return model.toBuilder().signatures(List.of(cut)).heads(List.of()).build();
  }

  /** The tensor that {@code at} names: a layer's output, or a tensor of the graph. */
  static TensorRef resolve(Model model, String at) {
    LayerIndex index = new LayerIndex(model);
    for (LayerIndex.Entry entry : index.entries()) {
      if (entry.path().equals(at) || entry.layer().name().equals(at)) {
        return output(model, entry.layer());
      }
    }
    TensorRef tensor = TensorRef.parse(at);
    if (model.graph().contains(tensor.node())) {
      if (tensor.index() >= model.graph().outputTypes(tensor.node()).size()) {
        throw new BadRequestException(
            "node '" + tensor.node() + "' has no output " + tensor.index() + ".");
      }
      refuseInsideLoops(model, tensor);
      return tensor;
    }
    for (FunctionDef function : model.graph().functions().values()) {
      if (function.getNodeDefList().stream().anyMatch(n -> n.getName().equals(tensor.node()))) {
        String name = function.getSignature().getName();
        throw new BadRequestException(
            "'"
                + at
                + "' lies inside a loop or branch; cut at the layer around it instead. "
                + CutPoints.near(model, CutPoints.callers(model.graph(), name)));
      }
    }
    List<String> known = new ArrayList<>(index.names());
    throw new BadRequestException(
        model.name() + " has no layer or tensor '" + at + "'. " + Nearest.sentence(at, known));
  }

  private static void refuseInsideLoops(Model model, TensorRef tensor) {
    if (Loops.inside(model.graph()).contains(tensor.node())) {
      throw new BadRequestException(
          "'"
              + tensor
              + "' lies inside a loop; cut before or after the loop. "
              + CutPoints.near(model, List.of(tensor.node())));
    }
  }

  private static TensorRef output(Model model, Layer layer) {
    Graph graph = model.graph();
    var live =
        graph.upstream(
            model.servingSignature().outputs().values().stream()
                .map(spec -> spec.tensor().node())
                .toList());
    List<TensorRef> outputs =
        layer.outputs().stream().filter(t -> live.contains(t.node())).toList();
    List<TensorRef> features = // an embedding gives the mask of its positions as well
        outputs.stream().filter(t -> DType.of(graph.dtype(t)).isFloating()).toList();
    outputs = outputs.size() > 1 && features.size() == 1 ? features : outputs;
    if (outputs.size() == 1) {
      refuseInsideLoops(model, outputs.get(0));
      return outputs.get(0);
    }
    throw new BadRequestException(
        "layer '"
            + layer.name()
            + "' has "
            + (outputs.isEmpty()
                ? "no output that the serving signature uses; it may lie inside a loop"
                : outputs.size() + " outputs, " + outputs + "; name one of these tensors")
            + ".");
  }
}
