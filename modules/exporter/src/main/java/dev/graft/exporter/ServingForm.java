package dev.graft.exporter;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import dev.graft.error.BadRequestException;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.model.Head;
import dev.graft.model.Model;
import dev.graft.model.ResourceVariables;
import dev.graft.model.SavedFunction;
import dev.graft.model.Signature;
import dev.graft.model.TensorSpec;
import dev.graft.tensor.DType;
import dev.graft.tensor.Shape;
import dev.graft.words.Remedy;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.tensorflow.proto.DataType;

/**
 * Brings a model into the form in which it is served: every variable a resource variable, what a
 * signature runs for its effect tied to its outputs (a SignatureDef has no other place for it), and
 * only the nodes that somebody needs.
 */
final class ServingForm {

  private ServingForm() {}

  static Model of(Model model) {
    Model plain = ResourceVariables.in(pruned(withServingDefault(model)));
    return pruned(withOutputsOfItsOwn(plain));
  }

  /**
   * The model's serving signature under the name that servers look for, and under its own, by which
   * clients may call it.
   */
  private static Model withServingDefault(Model model) {
    Signature serving = model.servingSignature();
    List<Signature> signatures = new ArrayList<>();
    if (!serving.name().equals(Signature.SERVING_DEFAULT)) {
      signatures.add(called(Signature.SERVING_DEFAULT, serving));
    }
    for (Signature signature : model.signatures().values()) {
      signatures.add(called(signature.name(), signature));
    }
    return model.toBuilder().signatures(signatures).build();
  }

  private static Signature called(String name, Signature signature) {
    return new Signature(
        name,
        keepsMethod(signature) ? signature.method() : Signature.PREDICT,
        signature.inputs(),
        signature.outputs(),
        signature.targets(),
        signature.defaults());
  }

  /**
   * Whether a signature still has what TensorFlow Serving asks of its method: to classify or
   * regress it takes serialized examples and gives its answers under certain names.
   */
  private static boolean keepsMethod(Signature signature) {
    Map<String, DType> answers =
        switch (signature.method()) {
          case ClassifySignature.METHOD ->
              Map.of(
                  ClassifySignature.CLASSES, DType.STRING, ClassifySignature.SCORES, DType.FLOAT32);
          case ClassifySignature.REGRESS -> Map.of("outputs", DType.FLOAT32);
          default -> Map.of();
        };
    TensorSpec examples = signature.inputs().get("inputs");
    return answers.isEmpty()
        ? !signature.method().isEmpty()
        : signature.inputs().size() == 1
            && examples != null
            && examples.dtype() == DType.STRING
            && signature.outputs().entrySet().stream()
                .allMatch(output -> output.getValue().dtype() == answers.get(output.getKey()));
  }

  /** By the names of the signatures for features, a head that reads what each gives. */
  static Map<String, Head> readers(Model model) {
    Map<String, Head> heads = new LinkedHashMap<>();
    boolean isOne = model.heads().stream().map(Head::features).distinct().count() == 1;
    for (Head head : model.heads()) {
      heads.putIfAbsent(Signature.FEATURES + (isOne ? "" : "_" + head.name()), head);
    }
    return heads;
  }

  /**
   * A model with signatures for what its heads read: {@code features}, or one for each head where
   * they read different tensors.
   *
   * @throws BadRequestException if it has no head, or one that reads no real numbers, or these
   *     names are taken
   */
  static Model withFeatures(Model model) {
    Map<String, Head> heads = readers(model);
    if (heads.isEmpty()) {
      throw new BadRequestException(
          model.name() + " has no head whose features could be given; say where it ends.",
          Remedy.KEEP_HEAD);
    }
    GraphEditor editor = model.graph().edit();
    List<Signature> signatures = new ArrayList<>(model.signatures().values());
    heads.forEach((name, head) -> signatures.add(features(name, head, model, editor)));
    return model.toBuilder().graph(editor.build()).signatures(signatures).build();
  }

  /**
   * As float32, since a server writes no halves as JSON, and by a node of its own: where the head
   * reads the input as it is, a server could not give what it is given.
   */
  private static Signature features(String name, Head head, Model model, GraphEditor editor) {
    Signature serving = model.servingSignature();
    if (model.signatures().containsKey(name) || serving.outputs().containsKey(Signature.FEATURES)) {
      throw new BadRequestException(
          "the model has a signature or an answer '"
              + (model.signatures().containsKey(name) ? name : Signature.FEATURES)
              + "' of its own, and clients could not tell what its heads read from that; rename it,"
              + " or publish without a signature for features.");
    }
    DType dtype = DType.of(editor.dtype(head.features()));
    if (!dtype.isFloating()) {
      throw new BadRequestException(
          "the head '"
              + head.name()
              + "' reads "
              + dtype
              + ", not real numbers; publish without a signature for features.");
    }
    Scope g = new Scope(editor, "graft/" + name);
    TensorRef read = g.add("Identity", g.cast(head.features(), DataType.DT_FLOAT));
    TensorSpec features = new TensorSpec(read, DType.FLOAT32, Shape.unknown());
    return new Signature(
        name,
        Signature.PREDICT,
        serving.inputs(),
        ImmutableMap.of(Signature.FEATURES, features),
        ImmutableList.of(),
        serving.defaults());
  }

  /** The outputs of a signature that are inputs of it, which TensorFlow's C++ does not give. */
  static Set<String> passedThrough(Signature signature) {
    Set<TensorRef> given = new HashSet<>();
    signature.inputs().values().forEach(input -> given.add(input.tensor()));
    Set<String> passed = new TreeSet<>();
    signature
        .outputs()
        .forEach(
            (name, output) -> {
              if (given.contains(output.tensor())) {
                passed.add(name);
              }
            });
    return passed;
  }

  /**
   * Has outputs wait for what the signature runs for its effect, and gives those that are inputs as
   * they come a node of their own: "both fed and fetched" fails, in a server too.
   */
  private static Model withOutputsOfItsOwn(Model model) {
    if (model.signatures().values().stream()
        .allMatch(s -> s.targets().isEmpty() && passedThrough(s).isEmpty())) {
      return model;
    }
    GraphEditor editor = model.graph().edit();
    List<Signature> signatures = new ArrayList<>();
    for (Signature signature : model.signatures().values()) {
      Set<String> passed = passedThrough(signature);
      ImmutableMap.Builder<String, TensorSpec> outputs = ImmutableMap.builder();
      for (Map.Entry<String, TensorSpec> output : signature.outputs().entrySet()) {
        TensorSpec spec = output.getValue();
        TensorRef tensor = spec.tensor();
        if (!signature.targets().isEmpty() || passed.contains(output.getKey())) {
          tensor =
              editor
                  .op("Identity")
                  .name("graft/outputs/" + signature.name() + "/" + output.getKey())
                  .input(tensor)
                  .after(signature.targets())
                  .output();
        }
        outputs.put(output.getKey(), new TensorSpec(tensor, spec.dtype(), spec.shape()));
      }
      signatures.add(
          new Signature(
              signature.name(),
              signature.method(),
              signature.inputs(),
              outputs.buildOrThrow(),
              ImmutableList.of(),
              signature.defaults()));
    }
    return model.toBuilder().graph(editor.build()).signatures(signatures).build();
  }

  private static Model pruned(Model model) {
    Set<String> roots = new LinkedHashSet<>();
    for (Signature signature : model.signatures().values()) {
      specs(signature).forEach(spec -> roots.add(spec.tensor().node()));
      roots.addAll(signature.targets());
    }
    model.variables().forEach(variable -> roots.add(variable.node()));
    roots.addAll(model.initializers());
    savedFunctions(model)
        .flatMap(function -> function.captures().stream())
        .forEach(tensor -> roots.add(tensor.node()));
    model
        .heads()
        .forEach(
            head ->
                Stream.of(head.features(), head.logits(), head.output())
                    .forEach(tensor -> roots.add(tensor.node())));
    Graph graph = model.graph().keepUpstreamOf(roots);
    return model.toBuilder()
        .graph(graph)
        .assets(
            model.assets().stream().filter(asset -> graph.contains(asset.tensor().node())).toList())
        .build();
  }

  private static Stream<TensorSpec> specs(Signature signature) {
    return Stream.concat(
        signature.inputs().values().stream(), signature.outputs().values().stream());
  }

  /** The functions saved beside the signatures: training behaviour and penalties. */
  private static Stream<SavedFunction> savedFunctions(Model model) {
    return Stream.concat(
        model.penalties().stream(), model.allLayers().flatMap(layer -> layer.training().stream()));
  }

  /** {@code shape} with its first dimension open. */
  static Shape openBatch(Shape shape) {
    return shape.rank() > 0 ? shape.dim(0, Shape.UNKNOWN) : shape;
  }
}
