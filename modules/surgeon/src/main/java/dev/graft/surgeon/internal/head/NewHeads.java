package dev.graft.surgeon.internal.head;

import com.google.common.collect.ImmutableList;
import dev.graft.error.BadRequestException;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.TensorRef;
import dev.graft.model.Head;
import dev.graft.model.Layer;
import dev.graft.model.Model;
import dev.graft.model.Signature;
import dev.graft.model.TensorSpec;
import dev.graft.model.Variable;
import dev.graft.surgeon.CutPoints;
import dev.graft.surgeon.HeadSpec;
import dev.graft.surgeon.internal.analysis.SequenceMask;
import dev.graft.surgeon.internal.analysis.Signatures;
import dev.graft.surgeon.internal.analysis.StaticShapes;
import dev.graft.tensor.DType;
import dev.graft.tensor.Shape;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Puts heads on outputs of a model, in their place: on one output of each signature that gets them,
 * with the same variables.
 */
final class NewHeads {

  private final Model model;
  private final Map<String, String> sites;
  private final GraphEditor editor;
  private final NewVariables variables;
  private final StaticShapes shapes;
  private final Map<String, Map<String, TensorSpec>> answers = new LinkedHashMap<>();
  private final List<Head> heads;
  private final List<Layer> layers;
  private Shape known = Shape.unknown();

  /**
   * Heads for {@code model}.
   *
   * @param sites by the names of the signatures that get them, the outputs to put them on
   */
  NewHeads(Model model, Map<String, String> sites) {
    this.model = model;
    this.sites = sites;
    this.editor = model.graph().edit();
    this.variables = new NewVariables(editor);
    this.shapes = new StaticShapes(model);
    this.heads = new ArrayList<>(model.heads());
    this.layers = new ArrayList<>(model.layers());
  }

  /** Several heads need names, each its own. */
  static ImmutableList<HeadSpec> checked(ImmutableList<HeadSpec> heads) {
    if (heads.isEmpty()) {
      throw new BadRequestException("give at least one head.");
    }
    if (heads.size() > 1 && heads.stream().anyMatch(head -> head.kind() == Head.Kind.BOXES)) {
      throw new BadRequestException("a head for boxes reads maps of its own, and stands alone.");
    }
    Set<String> names = new LinkedHashSet<>();
    for (HeadSpec head : heads) {
      if (heads.size() > 1 && head.name().filter(names::add).isEmpty()) {
        throw new BadRequestException(
            "several heads need a name each, all different; name them with named(...).");
      }
    }
    return heads;
  }

  /** What is known of the features' shape from elsewhere. */
  NewHeads knowing(Shape shape) {
    known = shape;
    return this;
  }

  /** The variables of the heads put on so far. */
  NewVariables variables() {
    return variables;
  }

  /** The heads of the model, with those put on so far last. */
  List<Head> heads() {
    return heads;
  }

  /** Puts on these heads; one without a name gets {@code defaultName}. */
  NewHeads put(List<HeadSpec> specs, String defaultName) {
    for (HeadSpec spec : specs) {
      String name = spec.name().orElse(defaultName);
      String layer =
          NewVariables.freeName(name, layers.stream().map(Layer::name).toList(), model.variables());
      put(spec, new HeadBuilder(editor, spec, layer, variables), name);
    }
    return this;
  }

  private void put(HeadSpec spec, HeadBuilder builder, String name) {
    String serving = model.servingSignature().name();
    for (Signature signature : model.signatures().values()) {
      TensorSpec site = signature.outputs().get(sites.getOrDefault(signature.name(), ""));
      if (site == null) {
        continue;
      }
      Shape shape = shape(site.tensor());
      Head head = builder.on(site.tensor(), shape, mask(spec, signature, site, shape));
      if (signature.name().equals(serving)) {
        heads.add(head.name(name));
        layers.addAll(builder.layers());
      }
      answers
          .computeIfAbsent(signature.name(), k -> new LinkedHashMap<>())
          .put(
              name,
              new TensorSpec(
                  head.output(), DType.of(editor.dtype(head.output())), builder.answer(head)));
    }
  }

  /** Only the serving signature's way from the input is known by layers. */
  private Optional<SequenceMask> mask(
      HeadSpec spec, Signature signature, TensorSpec site, Shape shape) {
    if (shape.rank() != 3 || !HeadBuilder.isOverPositions(spec, shape)) {
      return Optional.empty();
    }
    Signature serving = model.servingSignature();
    TensorSpec served = serving.outputs().get(sites.getOrDefault(serving.name(), ""));
    TensorRef sequence = served == null ? site.tensor() : served.tensor();
    Optional<SequenceMask> mask = // what is asked for is done, see Padding
        spec.pooling() == HeadSpec.Pooling.AUTO
            ? SequenceMask.of(model, sequence)
            : SequenceMask.ifKnown(model, sequence);
    if (mask.isEmpty() || served == null) {
      return mask;
    }
    return Optional.of(
        mask.get()
            .along(model.graph(), served.tensor(), site.tensor())
            .orElseThrow(
                () ->
                    new BadRequestException(
                        "the signature '"
                            + signature.name()
                            + "' has a way of its own to the features, on which it is not known"
                            + " which positions are padding; import '"
                            + serving.name()
                            + "' alone, or take pooling FIRST.")));
  }

  /** The model with the heads. */
  Model build() {
    List<Signature> signatures = new ArrayList<>();
    for (Signature signature : model.signatures().values()) {
      Map<String, TensorSpec> own = answers.get(signature.name());
      signatures.add(
          own == null
              ? signature
              : Signatures.replaceOutput(signature, sites.getOrDefault(signature.name(), ""), own));
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

  private Shape shape(TensorRef features) {
    if (!DType.of(editor.dtype(features)).isFloating()) {
      throw new BadRequestException(
          "a head reads floating-point features, but "
              + features
              + " is "
              + editor.dtype(features)
              + "; cut at a later layer. "
              + CutPoints.near(model, List.of(features.node())));
    }
    Shape shape = shapes.of(features);
    if (!shape.hasRank()) {
      shape = known;
    } else if (shape.rank() > 0 && shape.dim(-1) < 0 && known.rank() > 0) {
      shape = shape.dim(-1, known.dim(-1));
    }
    if (shape.hasRank() && shape.rank() < 2) {
      throw new BadRequestException(
          "a head reads [batch, features] or [batch, positions..., features], but "
              + features
              + " is "
              + shape
              + "; cut at a layer that gives at least two dimensions. "
              + CutPoints.near(model, List.of(features.node())));
    }
    if (!shape.hasRank() || shape.dim(-1) < 0) {
      throw new BadRequestException(
          "the number of features at "
              + features
              + " does not follow from the graph (as far as known it is "
              + shape
              + "); cut at a dense, convolution or normalisation layer near it. "
              + CutPoints.near(model, List.of(features.node())));
    }
    return shape;
  }
}
