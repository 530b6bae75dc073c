package dev.graft.savedmodel.metadata;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import dev.graft.graph.Functions;
import dev.graft.graph.TensorRef;
import dev.graft.graph.function.FunctionGraph;
import dev.graft.model.Head;
import dev.graft.model.InputSpec;
import dev.graft.model.Labels;
import dev.graft.model.Layer;
import dev.graft.model.Model;
import dev.graft.model.Provenance;
import dev.graft.model.SavedFunction;
import dev.graft.model.Signature;
import dev.graft.model.TensorSpec;
import dev.graft.model.Variable;
import dev.graft.tensor.DType;
import dev.graft.tensor.Shape;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.FunctionDef;

/** Reads {@link ModelMetadata} into a model; throws IllegalArgumentException where it is wrong. */
final class MetadataReader {

  private final Model imported;
  private final Map<String, FunctionDef> library;

  MetadataReader(Model imported, Map<String, FunctionDef> library) {
    this.imported = imported;
    this.library = library;
  }

  Model read(JsonNode root) {
    Model.Builder model = imported.toBuilder();
    model.name(text(root, "name"));
    model.signatures(signatures(root));
    model.variables(variables(root.path("variables")));
    model.inputs(
        list(root.path("inputs"), this::input).stream()
            .filter(in -> isThere(in.tensor()))
            .toList());
    model.heads(
        list(root.path("heads"), this::head).stream()
            .filter(head -> isThere(head.logits()) && isThere(head.features()))
            .toList());
    model.penalties(list(root.path("penalties"), this::function));
    model.layers(list(root.path("layers"), this::layer));
    model.provenance(provenance(root.path("provenance")));
    return model.build();
  }

  /** With one signature alone, what others need is not in the graph. */
  private boolean isThere(TensorRef tensor) {
    return imported.graph().contains(tensor.node());
  }

  private static <T> ImmutableList<T> list(JsonNode array, Function<JsonNode, T> read) {
    ImmutableList.Builder<T> all = ImmutableList.builder();
    array.forEach(node -> all.add(read.apply(node)));
    return all.build();
  }

  private static String text(JsonNode node, String field) {
    JsonNode value = node.get(field);
    if (value == null || !value.isTextual()) {
      throw new IllegalArgumentException("the field '" + field + "' is missing in " + node);
    }
    return value.asText();
  }

  private List<Signature> signatures(JsonNode root) {
    Map<String, Signature> rest = new LinkedHashMap<>(imported.signatures());
    Set<String> generated = ModelMetadata.generated(root);
    if (!generated.containsAll(rest.keySet())) { // else one of them was asked for alone
      generated.forEach(rest::remove);
    }
    List<Signature> ordered = new ArrayList<>();
    for (JsonNode node : root.path("signatures")) {
      Signature signature = rest.remove(text(node, "name"));
      if (signature != null) {
        ordered.add(
            signature.with(
                ordered(signature.inputs(), node.path("inputs")),
                ordered(signature.outputs(), node.path("outputs"))));
      }
    }
    ordered.addAll(rest.values());
    return ordered;
  }

  private static ImmutableMap<String, TensorSpec> ordered(
      Map<String, TensorSpec> specs, JsonNode order) {
    Map<String, TensorSpec> ordered = new LinkedHashMap<>();
    for (JsonNode name : order) {
      TensorSpec spec = specs.get(name.asText());
      if (spec != null) {
        ordered.put(name.asText(), spec);
      }
    }
    specs.forEach(ordered::putIfAbsent);
    return ImmutableMap.copyOf(ordered);
  }

  private List<Variable> variables(JsonNode all) {
    Map<String, Variable> byNode = new LinkedHashMap<>();
    imported.variables().forEach(variable -> byNode.put(variable.node(), variable));
    List<Variable> variables = new ArrayList<>();
    for (JsonNode node : all) {
      Variable found = byNode.remove(text(node, "node"));
      if (found == null) {
        throw new IllegalArgumentException(
            "the SavedModel has no variable '" + text(node, "node") + "'");
      }
      boolean trainable = node.path("trainable").asBoolean();
      variables.add(
          new Variable(
              text(node, "name"),
              found.node(),
              found.dtype(),
              found.shape(),
              trainable,
              Variable.Role.valueOf(text(node, "role")),
              found.source(),
              !trainable && node.path("fixed").asBoolean(found.fixed())));
    }
    variables.addAll(byNode.values());
    return variables;
  }

  private InputSpec input(JsonNode node) {
    JsonNode range = node.get("range");
    return new InputSpec(
        text(node, "name"),
        TensorRef.parse(text(node, "tensor")),
        DType.of(DataType.valueOf(text(node, "dtype"))),
        shape(node.get("shape")),
        range == null
            ? Optional.empty()
            : Optional.of(
                new InputSpec.Range(
                    (float) range.path("low").asDouble(),
                    (float) range.path("high").asDouble(),
                    text(range, "reason"),
                    range.path("guessed").asBoolean(false))),
        InputSpec.Channels.valueOf(text(node, "channels")),
        InputSpec.Resize.valueOf(text(node, "resize")));
  }

  private Head head(JsonNode node) {
    JsonNode labels = node.get("labels");
    JsonNode threshold = node.get("threshold");
    return new Head(
        text(node, "name"),
        Head.Kind.valueOf(text(node, "kind")),
        labels == null ? Optional.empty() : Optional.of(new Labels(list(labels, JsonNode::asText))),
        TensorRef.parse(text(node, "features")),
        TensorRef.parse(text(node, "logits")),
        TensorRef.parse(text(node, "output")),
        node.path("units").asInt(),
        threshold == null ? Optional.empty() : Optional.of(threshold.asDouble()));
  }

  private Layer layer(JsonNode node) {
    JsonNode training = node.get("training");
    return Layer.builder(text(node, "name"), text(node, "class"))
        .children(list(node.path("children"), this::layer))
        .variables(list(node.path("variables"), JsonNode::asText))
        .tensors(
            tensors(node.path("inputs")),
            tensors(node.path("outputs")),
            shape(node.get("outputShape")))
        .behaviour(behaviour(node))
        .training(training == null ? Optional.empty() : Optional.of(function(training)))
        .config(node.path("config").asText(""))
        .build();
  }

  private static Layer.Behaviour behaviour(JsonNode node) {
    JsonNode norm = node.get("batchNorm");
    if (norm != null) {
      return new Layer.Behaviour.BatchNorm(
          norm.path("momentum").asDouble(),
          norm.path("epsilon").asDouble(),
          text(norm, "movingMean"),
          text(norm, "movingVariance"));
    }
    JsonNode noise = node.get("noise");
    return noise == null
        ? new Layer.Behaviour.Plain()
        : new Layer.Behaviour.Noise(text(noise, "kind"), noise.path("rate").asDouble());
  }

  /** Those of the tensors that are in the graph: an export keeps what its signatures need. */
  private ImmutableList<TensorRef> tensors(JsonNode array) {
    return list(array, node -> TensorRef.parse(node.asText())).stream()
        .filter(tensor -> imported.graph().contains(tensor.node()))
        .collect(ImmutableList.toImmutableList());
  }

  private SavedFunction function(JsonNode node) {
    FunctionDef def = library.get(text(node, "function"));
    if (def == null) {
      throw new IllegalArgumentException(
          "the SavedModel has no function '" + text(node, "function") + "'");
    }
    ImmutableList<TensorRef> captures =
        list(node.path("captures"), tensor -> TensorRef.parse(tensor.asText()));
    captures.forEach(tensor -> imported.graph().node(tensor.node()));
    Map<String, FunctionDef> own = Functions.reachable(def.getSignature().getName(), library);
    return new SavedFunction(FunctionGraph.of(def, own), captures);
  }

  private static Provenance provenance(JsonNode node) {
    JsonNode origin = node.path("origin");
    ImmutableList<Provenance.Step> steps =
        list(
            node.path("steps"),
            step -> {
              ImmutableMap.Builder<String, String> arguments = ImmutableMap.builder();
              step.path("arguments")
                  .fields()
                  .forEachRemaining(
                      argument -> arguments.put(argument.getKey(), argument.getValue().asText()));
              return new Provenance.Step(text(step, "operation"), arguments.buildOrThrow());
            });
    return new Provenance(
        new Provenance.Origin(
            text(origin, "path"),
            text(origin, "digest"),
            text(origin, "writer"),
            text(origin, "tensorflow"),
            origin.path("bytes").asLong()),
        steps);
  }

  private static Shape shape(@Nullable JsonNode dims) {
    if (dims == null) {
      return Shape.unknown();
    }
    long[] sizes = new long[dims.size()];
    for (int i = 0; i < sizes.length; i++) {
      sizes[i] = dims.get(i).asLong();
    }
    return Shape.of(sizes);
  }
}
