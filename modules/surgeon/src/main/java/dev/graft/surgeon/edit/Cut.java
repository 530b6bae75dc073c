package dev.graft.surgeon.edit;

import com.google.common.collect.ImmutableMap;
import dev.graft.error.BadRequestException;
import dev.graft.graph.TensorRef;
import dev.graft.model.Model;
import dev.graft.model.Signature;
import dev.graft.model.TensorSpec;
import dev.graft.surgeon.CutPoints;
import dev.graft.surgeon.Edit;
import dev.graft.surgeon.internal.analysis.Signatures;
import dev.graft.surgeon.internal.analysis.StaticShapes;
import dev.graft.tensor.DType;
import java.util.List;

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
    TensorRef tensor = CutPoints.resolve(model, at);
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
}
