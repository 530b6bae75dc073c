package dev.graft.surgeon;

import com.google.common.collect.ImmutableMap;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Shape;
import dev.graft.graph.TensorRef;
import dev.graft.model.BadRequestException;
import dev.graft.model.Head;
import dev.graft.model.Layer;
import dev.graft.model.Model;
import dev.graft.model.Signature;
import dev.graft.model.TensorSpec;
import dev.graft.model.Variable;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Puts a new head on the one output of a model that was cut. */
final class AddHead extends Edit {

  private final HeadSpec spec;

  AddHead(HeadSpec spec) {
    this.spec = spec;
  }

  @Override
  protected String operation() {
    return "addHead";
  }

  @Override
  protected ImmutableMap<String, String> arguments() {
    return HeadText.of(spec);
  }

  @Override
  protected Model edit(Model model) {
    Signature signature = model.servingSignature();
    if (signature.outputs().size() != 1) {
      throw new BadRequestException(
          "a head is put on the one output of a model, but "
              + model.name()
              + " has "
              + signature.outputs().keySet()
              + "; cut at one layer first, or keep one output.");
    }
    String output = signature.outputs().keySet().iterator().next();
    String name = spec.name().orElse("predictions");
    return put(model, spec, name, Map.of(signature.name(), output), Shape.unknown());
  }

  /**
   * Puts the head on the outputs that {@code sites} names, one for each signature that gets it, in
   * their place.
   *
   * @param name what to call head and output
   * @param known what is known of the features' shape from elsewhere
   */
  static Model put(
      Model model, HeadSpec spec, String name, Map<String, String> sites, Shape known) {
    StaticShapes shapes = new StaticShapes(model);
    GraphEditor editor = model.graph().edit();
    NewVariables variables = new NewVariables(editor);
    String layer =
        NewVariables.freeName(
            name, model.layers().stream().map(Layer::name).toList(), model.variables());
    HeadBuilder builder = new HeadBuilder(editor, spec, layer, variables);

    List<Signature> signatures = new ArrayList<>();
    List<Head> heads = new ArrayList<>(model.heads());
    List<Layer> layers = new ArrayList<>(model.layers());
    String serving = model.servingSignature().name();
    for (Signature signature : model.signatures().values()) {
      String site = sites.get(signature.name());
      TensorSpec old = site == null ? null : signature.outputs().get(site);
      if (site == null || old == null) {
        signatures.add(signature);
        continue;
      }
      TensorRef features = old.tensor();
      Head head = builder.on(features, shape(shapes.of(features), known, features));
      if (signature.name().equals(serving)) {
        heads.add(renamed(head, name));
        layers.addAll(builder.layers());
      }
      signatures.add(
          Signatures.renameOutput(
              signature,
              site,
              name,
              new TensorSpec(head.output(), editor.dtype(head.output()), builder.answer(head))));
    }
    List<Variable> all = new ArrayList<>(model.variables());
    all.addAll(variables.all());
    return model.toBuilder()
        .graph(editor.build())
        .variables(all)
        .layers(layers)
        .signatures(signatures)
        .heads(heads)
        .build();
  }

  private static Head renamed(Head head, String name) {
    return new Head(
        name,
        head.kind(),
        head.labels(),
        head.features(),
        head.logits(),
        head.output(),
        head.units());
  }

  private static Shape shape(Shape inferred, Shape known, TensorRef features) {
    Shape shape = inferred;
    if (!shape.hasRank()) {
      shape = known;
    } else if (shape.rank() > 0 && shape.dim(-1) < 0 && known.rank() > 0) {
      shape = shape.withDim(-1, known.dim(-1));
    }
    if (!shape.hasRank() || (shape.rank() > 0 && shape.dim(-1) < 0)) {
      throw new BadRequestException(
          "the number of features at "
              + features
              + " does not follow from the graph (as far as known it is "
              + shape
              + "); cut at a dense, convolution or normalisation layer near it.");
    }
    return shape;
  }
}
