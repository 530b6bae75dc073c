package dev.graft.surgeon.internal.analysis;

import dev.graft.error.BadRequestException;
import dev.graft.graph.Graph;
import dev.graft.graph.TensorRef;
import dev.graft.model.Model;
import dev.graft.model.Signature;
import dev.graft.model.Variable;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.tensorflow.proto.NodeDef;

/**
 * What must hold of a model after each edit, beyond what {@link Model} and the graph editor check
 * themselves.
 */
public final class ModelInvariants {

  private ModelInvariants() {}

  public static void check(Model before, Model after) {
    if (after.signatures().isEmpty()) {
      throw new BadRequestException(
          "the edit leaves " + before.name() + " without a signature; nothing could call it.");
    }
    for (Signature signature : after.signatures().values()) {
      checkSignature(after.graph(), before.signatures().get(signature.name()), signature);
    }
    checkVariables(after);
  }

  private static void checkSignature(Graph graph, @Nullable Signature before, Signature signature) {
    if (signature.outputs().isEmpty()) {
      throw new BadRequestException(
          "the edit leaves the signature '" + signature.name() + "' without an output.");
    }
    signature
        .outputs()
        .forEach(
            (name, spec) -> {
              if (graph.dtype(spec.tensor()) != spec.dtype().proto()) {
                throw new IllegalStateException(
                    "signature '"
                        + signature.name()
                        + "' says that '"
                        + name
                        + "' is "
                        + spec.dtype()
                        + ", but its tensor is "
                        + graph.dtype(spec.tensor()));
              }
              if (before != null && spec.equals(before.outputs().get(name))) {
                return; // some models give constants
              }
              Set<String> upstream = graph.upstream(List.of(spec.tensor().node()));
              boolean reached =
                  signature.inputs().isEmpty()
                      || signature.inputs().values().stream()
                          .map(input -> input.tensor().node())
                          .anyMatch(upstream::contains);
              if (!reached) {
                throw new BadRequestException(
                    "no path leads from an input of the signature '"
                        + signature.name()
                        + "' to "
                        + spec.tensor()
                        + "; choose a tensor that depends on the input.");
              }
            });
  }

  private static void checkVariables(Model model) {
    Map<String, String> shared = new HashMap<>();
    for (Variable variable : model.variables()) {
      NodeDef node = model.graph().node(variable.node());
      if (!node.getOp().equals("VarHandleOp")) {
        continue;
      }
      if (model.graph().dtype(TensorRef.of(variable.node()))
              != org.tensorflow.proto.DataType.DT_RESOURCE
          || node.getAttrOrThrow("dtype").getType() != variable.dtype().proto()) {
        throw new IllegalStateException(
            "variable '" + variable.name() + "' and its node disagree about the dtype");
      }
      String name = node.getAttrOrThrow("shared_name").getS().toStringUtf8();
      String other = name.isEmpty() ? null : shared.put(name, variable.name());
      if (other != null) {
        throw new IllegalStateException(
            "variables '" + other + "' and '" + variable.name() + "' would share one value");
      }
    }
  }
}
