package dev.graft.exporter;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSortedMap;
import dev.graft.graph.Attrs;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.GraphPart;
import dev.graft.graph.TensorRef;
import dev.graft.graph.function.FunctionGraph;
import dev.graft.model.InputSpec;
import dev.graft.model.Model;
import dev.graft.model.Signature;
import dev.graft.model.TensorSpec;
import dev.graft.picture.DecodeGraph;
import dev.graft.picture.PictureInput;
import dev.graft.tensor.DType;
import dev.graft.tensor.Shape;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.NodeDef;

/**
 * The signature {@code serving_bytes}: encoded pictures in, the outputs of {@code serving_default}
 * out. For Python it is a function that decodes and calls that of {@code serving_default}; for
 * servers it is nodes of the main graph.
 */
final class BytesSignature {

  /** Some servers take bytes only by a name that ends like this. */
  static final String INPUT = "image_bytes";

  /** One name in both graphs, since the functions that decode are called after it. */
  private static final String DECODE = ServingForm.SERVING_BYTES + "/decode";

  private BytesSignature() {}

  /**
   * The picture input, if the model has that one input alone and all is known that decoding takes.
   */
  static Optional<InputSpec> picture(Model model) {
    Signature serving = model.servingSignature();
    if (model.inputs().size() != 1 || serving.inputs().size() != 1) {
      return Optional.empty();
    }
    Optional<InputSpec> encoded = PictureInput.encoded(model);
    if (encoded.isPresent()) {
      return encoded;
    }
    InputSpec input = PictureInput.sized(model.graph(), model.inputs().get(0));
    boolean known =
        input.isImage()
            && input.range().isPresent()
            && input.shape().dim(1) > 0
            && input.shape().dim(2) > 0
            && serving.inputs().containsKey(input.name());
    return known ? Optional.of(input) : Optional.empty();
  }

  /** What the model reads of {@code bytes}: their pixels, or, if it decodes them itself, these. */
  static TensorRef read(GraphEditor editor, String name, TensorRef bytes, InputSpec picture) {
    return picture.dtype() == DType.STRING
        ? editor.op("Identity").name(name).input(bytes).output()
        : DecodeGraph.add(editor, name, bytes, picture);
  }

  /** The function; {@code serving} is that of {@code serving_default}. */
  static SignatureFunction function(
      Model model, InputSpec picture, SignatureFunction serving, String name) {
    GraphEditor editor = Graph.empty().edit();
    model.graph().functions().values().forEach(editor::putFunction); // their names are taken
    editor.putFunction(serving.def());
    TensorRef bytes = editor.placeholder(INPUT, DataType.DT_STRING, Shape.of(Shape.UNKNOWN));
    TensorRef pixels = read(editor, DECODE, bytes, picture);
    List<TensorRef> arguments = new ArrayList<>(List.of(pixels));
    List<String> argumentNames = new ArrayList<>(List.of(bytes.node()));
    for (String capture : serving.captures()) {
      TensorRef argument = editor.placeholder(capture, DataType.DT_RESOURCE, Shape.unknown());
      arguments.add(argument);
      argumentNames.add(argument.node());
    }
    List<TensorRef> results = call(editor, serving, arguments);
    Map<String, TensorSpec> outputs = new LinkedHashMap<>();
    serving
        .outputs()
        .forEach((key, spec) -> outputs.put(key, at(results.get(outputs.size()), spec)));
    ImmutableSortedMap<String, TensorSpec> sorted = ImmutableSortedMap.copyOf(outputs);
    List<TensorRef> ordered = sorted.values().stream().map(TensorSpec::tensor).toList();
    FunctionGraph function =
        SignatureFunction.function(
            name,
            editor.build(),
            new SignatureFunction.Ends(argumentNames, ordered, List.of()),
            node -> false);
    TensorSpec input = new TensorSpec(bytes, DType.STRING, Shape.of(-1));
    return new SignatureFunction(
        ServingForm.SERVING_BYTES,
        function.toFunctionDef(name),
        ImmutableSortedMap.of(INPUT, input),
        sorted,
        serving.captures(),
        ImmutableMap.copyOf(function.graph().functions()));
  }

  private static TensorSpec at(TensorRef tensor, TensorSpec same) {
    return new TensorSpec(tensor, same.dtype(), same.shape());
  }

  /**
   * The model's graph with the signature added: decoding, and what follows the picture input a
   * second time. A call of the function would be less to write, but TensorFlow does not inline one
   * whose effects nobody waits for: it would optimize both functions by themselves, and that of the
   * signature again when it is first called, three times the work.
   */
  static Added add(Model model, InputSpec picture) {
    Signature serving = model.servingSignature();
    Graph graph = model.graph();
    GraphEditor editor = graph.edit();
    String name = ServingForm.SERVING_BYTES;
    TensorRef bytes = editor.placeholder(name + "_" + INPUT, DataType.DT_STRING, Shape.of(-1));
    TensorRef pixels = read(editor, DECODE, bytes, picture);
    String input = serving.inputs().values().iterator().next().tensor().node();
    Set<String> repeated =
        GraphPart.toRepeat(
            graph,
            Set.of(input),
            serving.outputs().values().stream().map(output -> output.tensor().node()).toList());
    GraphEditor.Splice copied = editor.copy(repeated, name, Map.of(input, pixels));
    Map<String, TensorSpec> outputs = new LinkedHashMap<>();
    serving.outputs().forEach((key, spec) -> outputs.put(key, at(copied.of(spec.tensor()), spec)));
    TensorSpec taken = new TensorSpec(bytes, DType.STRING, Shape.of(-1));
    Signature signature =
        Signature.predict(name, ImmutableMap.of(INPUT, taken), ImmutableMap.copyOf(outputs));
    return new Added(editor.build(), signature);
  }

  /** The graph with the signature, and the signature. */
  record Added(Graph graph, Signature signature) {}

  private static List<TensorRef> call(
      GraphEditor editor, SignatureFunction function, List<TensorRef> arguments) {
    List<DataType> types =
        function.def().getSignature().getOutputArgList().stream()
            .map(arg -> arg.getType())
            .collect(ImmutableList.toImmutableList());
    String op =
        function.def().getSignature().getIsStateful()
            ? "StatefulPartitionedCall"
            : "PartitionedCall";
    return editor
        .op(op)
        .name("model")
        .inputs(arguments)
        .attr("Tout", Attrs.types(types))
        .attr("f", Attrs.function(function.def().getSignature().getName()))
        .outputs();
  }

  /** Whether a graph holds nothing that a function cannot: references, tables of TF1. */
  static boolean isFunctional(Graph graph) {
    return graph.nodes().stream().map(NodeDef::getOp).noneMatch("HashTable"::equals);
  }
}
