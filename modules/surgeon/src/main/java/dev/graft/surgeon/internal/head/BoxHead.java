package dev.graft.surgeon.internal.head;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import dev.graft.error.BadRequestException;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.TensorRef;
import dev.graft.model.BoxFormat;
import dev.graft.model.Head;
import dev.graft.model.InputSpec;
import dev.graft.model.Layer;
import dev.graft.model.Model;
import dev.graft.model.Signature;
import dev.graft.model.TensorSpec;
import dev.graft.model.Variable;
import dev.graft.surgeon.BoxForm;
import dev.graft.surgeon.BoxMap;
import dev.graft.surgeon.CutPoints;
import dev.graft.surgeon.HeadSpec;
import dev.graft.surgeon.internal.analysis.Prune;
import dev.graft.surgeon.internal.analysis.Signatures;
import dev.graft.surgeon.internal.picture.InputSize;
import dev.graft.surgeon.internal.picture.StrideMaps;
import dev.graft.tensor.DType;
import dev.graft.tensor.Shape;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Puts a head for boxes on several maps of a backbone. What comes after the maps is taken out
 * first, so that a network whose end was made for one size of the pictures can be rebuilt for
 * another.
 */
final class BoxHead {

  private static final String NAME = "boxes";

  private BoxHead() {}

  /** {@code model} with the head that {@code spec} describes, instead of what it answered. */
  static Model on(Model model, HeadSpec spec) {
    BoxForm form = spec.boxes();
    List<TensorRef> named = form.maps().isEmpty() ? ofOldHead(model) : tensors(model, form.maps());
    List<BoxMap> maps = named.isEmpty() ? StrideMaps.of(model) : StrideMaps.named(model, named);
    Model backbone = endingAt(model, maps);
    if (form.height() > 0) {
      backbone = new InputSize(form.height(), form.width()).on(backbone);
    }
    return headed(backbone, spec, maps);
  }

  /** The maps that a head for boxes reads already: beside it they are not what all goes through. */
  private static List<TensorRef> ofOldHead(Model model) {
    return BoxMap.of(model).stream().map(BoxMap::tensor).toList();
  }

  private static List<TensorRef> tensors(Model model, List<String> names) {
    return names.stream().map(name -> CutPoints.resolve(model, name)).toList();
  }

  private static Model endingAt(Model model, List<BoxMap> maps) {
    Map<String, TensorSpec> outputs = new LinkedHashMap<>();
    for (BoxMap map : maps) {
      DType dtype = DType.of(model.graph().dtype(map.tensor()));
      Shape shape = Shape.of(-1, -1, -1, map.channels());
      outputs.put("map_" + map.stride(), new TensorSpec(map.tensor(), dtype, shape));
    }
    Signature signature =
        Signatures.withOutputs(
            model.graph(), model.servingSignature(), ImmutableMap.copyOf(outputs));
    return Prune.toSignatures(
        model.toBuilder().signatures(List.of(signature)).heads(List.of()).build());
  }

  private static Model headed(Model backbone, HeadSpec spec, List<BoxMap> maps) {
    String name =
        NewVariables.freeName(
            spec.name().orElse(NAME),
            backbone.layers().stream().map(Layer::name).toList(),
            backbone.variables());
    GraphEditor editor = backbone.graph().edit();
    NewVariables variables = new NewVariables(editor);
    BoxNetwork network = new BoxNetwork(editor, name, variables, spec.seed());
    TensorRef raw = network.on(maps, spec.units(), reach(backbone, spec.boxes()));
    ImmutableMap<String, TensorSpec> answers = new BoxAnswers(editor, name, spec.units()).of(raw);
    Head head =
        new Head(
            spec.name().orElse(NAME),
            Head.Kind.BOXES,
            spec.labels(),
            maps.get(maps.size() - 1).tensor(),
            raw,
            Objects.requireNonNull(answers.get(BoxFormat.BOXES)).tensor(),
            spec.units() + BoxFormat.SIDES);
    List<Layer> layers = new ArrayList<>(backbone.layers());
    layers.addAll(network.layers());
    List<Variable> all = new ArrayList<>(backbone.variables());
    all.addAll(variables.all());
    Signature serving = backbone.servingSignature();
    List<InputSpec> filled = // boxes are shares of the picture, so all of it is seen, and no more
        backbone.inputs().stream().map(each -> each.resize(InputSpec.Resize.STRETCH)).toList();
    return backbone.toBuilder()
        .graph(editor.build())
        .variables(all)
        .layers(layers)
        .signatures(List.of(serving.with(serving.inputs(), answers)))
        .heads(ImmutableList.of(head))
        .inputs(filled)
        .build();
  }

  /** How many cells a usual box reaches from its centre. */
  private static float[] reach(Model backbone, BoxForm form) {
    InputSpec input =
        backbone.inputs().stream().filter(InputSpec::isImage).findFirst().orElseThrow();
    long rows = input.shape().dim(1);
    long columns = input.shape().dim(2);
    if (rows < 1 || columns < 1) {
      throw new BadRequestException(
          backbone.name()
              + " takes pictures of any size ("
              + input.shape()
              + "); say which one boxes are found at.");
    }
    float up = reach(form.boxHeight() * rows);
    float left = reach(form.boxWidth() * columns);
    return new float[] {left, up, left, up};
  }

  private static float reach(double pixels) {
    return (float) Math.log(Math.max(0.5, pixels / 2 / BoxFormat.CELL));
  }
}
