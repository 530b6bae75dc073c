package dev.graft.surgeon;

import com.google.common.collect.ImmutableMap;
import dev.graft.graph.Graph;
import dev.graft.graph.Shape;
import dev.graft.model.Model;
import dev.graft.model.Signature;
import dev.graft.model.TensorSpec;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tensorflow.proto.DataType;

/**
 * Takes the head that {@link HeadFinder} finds and puts a new one in its place, in every signature
 * that uses it. The signature's output keeps its name unless the new head has one.
 */
final class ReplaceHead extends Edit {

  private final HeadSpec spec;

  ReplaceHead(HeadSpec spec) {
    this.spec = spec;
  }

  @Override
  protected String operation() {
    return "replaceHead";
  }

  @Override
  protected ImmutableMap<String, String> arguments() {
    return HeadText.of(spec);
  }

  @Override
  protected Model edit(Model model) {
    FoundHead old = HeadFinder.only(model);
    Map<String, String> sites = new LinkedHashMap<>();
    List<Signature> bare = new ArrayList<>();
    for (Signature signature : model.signatures().values()) {
      Optional<FoundHead> here =
          HeadFinder.all(model, signature).stream()
              .filter(head -> head.kernel().equals(old.kernel()))
              .findFirst();
      if (here.isPresent()) {
        sites.put(signature.name(), here.get().output());
        bare.add(withoutHead(model.graph(), signature, here.get()));
      } else if (!uses(model.graph(), signature, old)) {
        bare.add(signature);
      }
    }
    Model headless =
        Prune.toSignatures(model.toBuilder().signatures(bare).heads(remaining(model, old)).build());
    Shape features = Shape.of(Shape.UNKNOWN, old.inputs());
    boolean keepPositions = old.perPosition() && spec.pooling() == HeadSpec.Pooling.AUTO;
    HeadSpec fitted = keepPositions ? spec.pooling(HeadSpec.Pooling.NONE) : spec;
    return AddHead.put(headless, fitted, spec.name().orElse(old.output()), sites, features);
  }

  private static List<dev.graft.model.Head> remaining(Model model, FoundHead old) {
    return model.heads().stream().filter(head -> !head.name().equals(old.output())).toList();
  }

  /** The signature with the features where the head's output was; what else needs the head goes. */
  private static Signature withoutHead(Graph graph, Signature signature, FoundHead head) {
    Map<String, TensorSpec> outputs = new LinkedHashMap<>();
    signature
        .outputs()
        .forEach(
            (name, output) -> {
              if (name.equals(head.output())) {
                DataType dtype = graph.dtype(head.features());
                outputs.put(name, new TensorSpec(head.features(), dtype, Shape.unknown()));
              } else if (!needs(graph, output, head)) {
                outputs.put(name, output);
              }
            });
    return Signatures.withOutputs(graph, signature, outputs);
  }

  private static boolean needs(Graph graph, TensorSpec output, FoundHead head) {
    return graph.upstream(List.of(output.tensor().node())).contains(head.product().node());
  }

  /** Whether {@code signature} computes with the old kernel in another way. */
  private static boolean uses(Graph graph, Signature signature, FoundHead old) {
    String kernel = old.kernelVariable().map(v -> v.node()).orElse(old.kernel());
    return signature.outputs().values().stream()
        .anyMatch(spec -> graph.upstream(List.of(spec.tensor().node())).contains(kernel));
  }
}
