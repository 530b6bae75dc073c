package dev.graft.exporter;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSortedMap;
import dev.graft.graph.Attrs;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.GraphPart;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.graph.function.FunctionGraph;
import dev.graft.model.Model;
import dev.graft.model.Signature;
import dev.graft.model.TensorSpec;
import dev.graft.tensor.DType;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.tensorflow.proto.DataType;

/**
 * A signature that an export has besides the model's own: the serving signature, or another that
 * takes the same, with something in front of it, for clients that send something else, and
 * something behind it. For Python it is a function that calls that of the signature that it is made
 * around; for servers it is nodes of the main graph.
 *
 * @param name its name
 * @param base the signature that it is made around
 * @param method its method name
 * @param front what reads what is sent
 * @param back what makes the answer
 */
record MadeSignature(String name, String base, String method, Front front, Back back) {

  /** Reads what clients send: strings [N], one for each example, in a single input. */
  interface Front {
    /** The name of the input. */
    String input();

    /** What the nodes are called after, in each graph, since functions are called after them. */
    String scope();

    /** What the serving signature is given, by the names of its inputs. */
    Map<String, TensorRef> read(GraphEditor editor, TensorRef sent);

    /**
     * What a client sends about some rows; empty if anything is missing for that.
     *
     * @param rows by the names of the serving signature's inputs; encoded pictures by {@link
     *     BytesSignature#INPUT}
     */
    Optional<TensorValue> sent(Map<String, TensorValue> rows);
  }

  /** Makes the answer of that of the serving signature. */
  interface Back {
    /** In a graph. */
    Map<String, TensorSpec> answer(Scope g, TensorRef sent, Map<String, TensorSpec> outputs);

    /** The same of values. */
    Map<String, TensorValue> answer(Map<String, TensorValue> outputs);
  }

  /** The graph with signatures, and these. */
  record Added(Graph graph, ImmutableList<Signature> signatures) {}

  /** The model's part of a graph behind a front, with the outputs of each base. */
  private record Part(TensorRef sent, Map<String, Map<String, TensorSpec>> outputs) {}

  /**
   * The model's graph with {@code all} added: what follows the inputs is there once more for each
   * front. A call of the function would be less to write, but TensorFlow does not inline one whose
   * effects nobody waits for: it would optimize both functions by themselves, and that of the
   * signature again when it is first called, three times the work.
   */
  static Added add(Model model, List<MadeSignature> all) {
    GraphEditor editor = model.graph().edit();
    Map<Front, Part> parts = new LinkedHashMap<>();
    ImmutableList.Builder<Signature> signatures = ImmutableList.builder();
    for (MadeSignature made : all) {
      Part part = parts.computeIfAbsent(made.front, front -> part(editor, model, front, all));
      signatures.add(
          new Signature(
              made.name,
              made.method,
              ImmutableMap.of(made.front.input(), strings(part.sent)),
              made.back.answer(
                  new Scope(editor, made.name),
                  part.sent,
                  Objects.requireNonNull(part.outputs.get(made.base), made.base)),
              ImmutableList.of()));
    }
    return new Added(editor.build(), signatures.build());
  }

  private static TensorSpec strings(TensorRef tensor) {
    return new TensorSpec(tensor, DType.STRING, Shape.of(Shape.UNKNOWN));
  }

  private static Part part(GraphEditor editor, Model model, Front front, List<MadeSignature> all) {
    Signature serving = model.servingSignature();
    List<Signature> bases =
        all.stream()
            .filter(made -> made.front.equals(front))
            .map(made -> made.base)
            .distinct()
            .map(name -> Objects.requireNonNull(model.signatures().get(name), name))
            .toList();
    TensorRef sent =
        editor.placeholder(
            front.scope() + "_" + front.input(), DataType.DT_STRING, Shape.of(Shape.UNKNOWN));
    Map<String, TensorRef> read = front.read(editor, sent);
    Map<String, TensorRef> replaced = new LinkedHashMap<>();
    serving
        .inputs()
        .forEach((input, spec) -> replaced.put(spec.tensor().node(), given(read, input)));
    Set<String> repeated =
        GraphPart.toRepeat(
            model.graph(),
            replaced.keySet(),
            bases.stream()
                .flatMap(base -> base.outputs().values().stream())
                .map(output -> output.tensor().node())
                .toList());
    GraphEditor.Splice copied = editor.copy(repeated, front.scope(), replaced);
    Map<String, Map<String, TensorSpec>> outputs = new LinkedHashMap<>();
    for (Signature base : bases) {
      Map<String, TensorSpec> each = new LinkedHashMap<>();
      base.outputs().forEach((key, spec) -> each.put(key, at(copied.of(spec.tensor()), spec)));
      outputs.put(base.name(), each);
    }
    return new Part(sent, outputs);
  }

  private static TensorRef given(Map<String, TensorRef> read, String input) {
    return Objects.requireNonNull(read.get(input), input);
  }

  private static TensorSpec at(TensorRef tensor, TensorSpec same) {
    return new TensorSpec(tensor, same.dtype(), same.shape());
  }

  /**
   * The function for Python.
   *
   * @param around that of its base
   * @param called what it is called
   */
  SignatureFunction function(Model model, SignatureFunction around, String called) {
    GraphEditor editor = Graph.empty().edit();
    model.graph().functions().values().forEach(editor::putFunction); // their names are taken
    editor.putFunction(around.def());
    TensorRef sent = editor.placeholder(front.input(), DataType.DT_STRING, Shape.of(Shape.UNKNOWN));
    Map<String, TensorRef> read = front.read(editor, sent);
    List<TensorRef> arguments = new ArrayList<>();
    around.inputs().keySet().forEach(input -> arguments.add(given(read, input)));
    List<String> argumentNames = new ArrayList<>(List.of(sent.node()));
    for (String capture : around.captures()) {
      TensorRef argument = editor.placeholder(capture, DataType.DT_RESOURCE, Shape.unknown());
      arguments.add(argument);
      argumentNames.add(argument.node());
    }
    List<TensorRef> results = call(editor, around, arguments);
    Map<String, TensorSpec> outputs = new LinkedHashMap<>();
    around
        .outputs()
        .forEach((key, spec) -> outputs.put(key, at(results.get(outputs.size()), spec)));
    ImmutableSortedMap<String, TensorSpec> answers =
        ImmutableSortedMap.copyOf(back.answer(new Scope(editor, name), sent, outputs));
    List<TensorRef> ordered = answers.values().stream().map(TensorSpec::tensor).toList();
    FunctionGraph function =
        SignatureFunction.function(
            called,
            editor.build(),
            new SignatureFunction.Ends(argumentNames, ordered, List.of()),
            node -> false);
    return new SignatureFunction(
        name,
        function.toFunctionDef(called),
        ImmutableSortedMap.of(front.input(), strings(sent)),
        answers,
        around.captures(),
        ImmutableMap.copyOf(function.graph().functions()));
  }

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
}
