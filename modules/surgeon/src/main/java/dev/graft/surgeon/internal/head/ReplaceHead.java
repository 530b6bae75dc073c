package dev.graft.surgeon.internal.head;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import dev.graft.error.BadRequestException;
import dev.graft.graph.Graph;
import dev.graft.model.Head;
import dev.graft.model.Labels;
import dev.graft.model.Model;
import dev.graft.model.Signature;
import dev.graft.model.TensorSpec;
import dev.graft.surgeon.Edit;
import dev.graft.surgeon.FoundHead;
import dev.graft.surgeon.HeadFinder;
import dev.graft.surgeon.HeadSpec;
import dev.graft.surgeon.internal.analysis.Prune;
import dev.graft.surgeon.internal.analysis.Signatures;
import dev.graft.tensor.DType;
import dev.graft.tensor.Shape;
import dev.graft.words.Remedy;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tensorflow.proto.DataType;

/**
 * Takes the head that {@link HeadFinder} finds and puts new ones in its place, in every signature
 * that uses it. The signature's output keeps its name unless the new head has one.
 */
public final class ReplaceHead extends Edit {

  private final ImmutableList<HeadSpec> heads;

  public ReplaceHead(ImmutableList<HeadSpec> heads) {
    this.heads = NewHeads.checked(heads);
  }

  @Override
  protected String operation() {
    return "replaceHead";
  }

  @Override
  protected ImmutableMap<String, String> arguments() {
    return HeadText.of(heads);
  }

  @Override
  protected Model edit(Model model) {
    if (heads.get(0).kind() == Head.Kind.BOXES) {
      return BoxHead.on(model, heads.get(0));
    }
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
    NewHeads fresh =
        new NewHeads(headless, sites)
            .knowing(features(model, old))
            .put(heads.stream().map(spec -> fitted(spec, old)).toList(), old.output());
    for (int i = 0; i < heads.size(); i++) {
      if (heads.get(i).carriesOver()) {
        Head head = fresh.heads().get(fresh.heads().size() - heads.size() + i);
        carryOver(model, old, heads.get(i), head, fresh.variables());
      }
    }
    return fresh.build();
  }

  /** As far as the head tells: as many positions as it has answers for. */
  private static Shape features(Model model, FoundHead old) {
    TensorSpec answer = model.servingSignature().outputs().get(old.output());
    return old.perPosition() && answer != null && answer.shape().rank() > 2
        ? answer.shape().dim(-1, old.inputs())
        : Shape.of(Shape.UNKNOWN, old.inputs());
  }

  /** A head that answered for each position is followed by one that does. */
  private static HeadSpec fitted(HeadSpec spec, FoundHead old) {
    boolean keepPositions = old.perPosition() && spec.pooling() == HeadSpec.Pooling.AUTO;
    return keepPositions ? spec.pooling(HeadSpec.Pooling.NONE) : spec;
  }

  private static void carryOver(
      Model model, FoundHead old, HeadSpec spec, Head head, NewVariables variables) {
    Optional<Labels> before =
        model.heads().stream()
            .filter(h -> h.name().equals(old.output()))
            .flatMap(h -> h.labels().stream())
            .findFirst();
    if (before.isEmpty()) {
      throw new BadRequestException(
          "which labels the old head of "
              + model.name()
              + " has is not known, so none can be carried over; say it first.",
          Remedy.LABELS_OF_OUTPUTS);
    }
    CarriedWeights.copy(old, before.get(), spec, head, variables);
  }

  private static List<Head> remaining(Model model, FoundHead old) {
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
                outputs.put(
                    name, new TensorSpec(head.features(), DType.of(dtype), Shape.unknown()));
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
