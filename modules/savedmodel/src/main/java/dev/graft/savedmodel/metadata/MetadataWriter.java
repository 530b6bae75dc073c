package dev.graft.savedmodel.metadata;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.graft.graph.TensorRef;
import dev.graft.model.Head;
import dev.graft.model.InputSpec;
import dev.graft.model.Labels;
import dev.graft.model.Layer;
import dev.graft.model.Model;
import dev.graft.model.Provenance;
import dev.graft.model.SavedFunction;
import dev.graft.model.Signature;
import dev.graft.model.Variable;
import dev.graft.tensor.Shape;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Writes {@link ModelMetadata}. */
final class MetadataWriter {

  private final JsonMapper json;
  private final ObjectNode root;
  private int functions;

  private MetadataWriter(JsonMapper json) {
    this.json = json;
    this.root = json.createObjectNode();
  }

  static ObjectNode write(JsonMapper json, Model model, Set<String> generated) {
    return new MetadataWriter(json).write(model, generated);
  }

  private ObjectNode write(Model model, Set<String> generated) {
    root.put("format", ModelMetadata.FORMAT);
    root.put("name", model.name());
    ArrayNode added = root.putArray("generatedSignatures");
    generated.forEach(added::add);
    signatures(model);
    ArrayNode inputs = root.putArray("inputs");
    model.inputs().forEach(input -> inputs.add(input(input)));
    ArrayNode heads = root.putArray("heads");
    model.heads().forEach(head -> heads.add(head(head)));
    variables(model);
    ArrayNode penalties = root.putArray("penalties"); // before layers: so their names count up
    model.penalties().stream()
        .filter(SavedFunction::isUsable)
        .forEach(penalty -> penalties.add(function(penalty)));
    ArrayNode layers = root.putArray("layers");
    model.layers().forEach(layer -> layers.add(layer(layer)));
    write(model.provenance(), root.putObject("provenance"));
    return root;
  }

  /** Only the order: a SignatureDef keeps its maps in none. */
  private void signatures(Model model) {
    ArrayNode all = root.putArray("signatures");
    for (Signature signature : model.signatures().values()) {
      ObjectNode node = all.addObject().put("name", signature.name());
      ArrayNode inputs = node.putArray("inputs");
      signature.inputs().keySet().forEach(inputs::add);
      ArrayNode outputs = node.putArray("outputs");
      signature.outputs().keySet().forEach(outputs::add);
    }
  }

  private ObjectNode input(InputSpec input) {
    ObjectNode node = json.createObjectNode();
    node.put("name", input.name());
    node.put("tensor", input.tensor().toString());
    node.put("dtype", input.dtype().proto().name());
    put(node, "shape", input.shape());
    if (input.range().isPresent()) {
      InputSpec.Range range = input.range().get();
      node.putObject("range")
          .put("low", range.low())
          .put("high", range.high())
          .put("reason", range.reason())
          .put("guessed", range.guessed());
    }
    node.put("channels", input.channels().name());
    node.put("resize", input.resize().name());
    return node;
  }

  private ObjectNode head(Head head) {
    ObjectNode node = json.createObjectNode();
    node.put("name", head.name());
    node.put("kind", head.kind().name());
    Optional<Labels> labels = head.labels();
    if (labels.isPresent()) {
      ArrayNode names = node.putArray("labels");
      labels.get().names().forEach(names::add);
    }
    node.put("features", head.features().toString());
    node.put("logits", head.logits().toString());
    node.put("output", head.output().toString());
    node.put("units", head.units());
    head.threshold().ifPresent(score -> node.put("threshold", score));
    return node;
  }

  private void variables(Model model) {
    ArrayNode all = root.putArray("variables");
    for (Variable variable : model.variables()) {
      all.addObject()
          .put("name", variable.name())
          .put("node", variable.node())
          .put("trainable", variable.trainable())
          .put("role", variable.role().name())
          .put("fixed", variable.fixed());
    }
  }

  private ObjectNode layer(Layer layer) {
    ObjectNode node = json.createObjectNode();
    node.put("name", layer.name());
    node.put("class", layer.className());
    ArrayNode variables = node.putArray("variables");
    layer.variables().forEach(variables::add);
    put(node, "inputs", layer.inputs());
    put(node, "outputs", layer.outputs());
    put(node, "outputShape", layer.outputShape());
    behaviour(node, layer.behaviour());
    layer
        .training()
        .filter(SavedFunction::isUsable)
        .ifPresent(function -> node.set("training", function(function)));
    if (!layer.config().isEmpty()) {
      node.put("config", layer.config());
    }
    if (!layer.children().isEmpty()) {
      ArrayNode children = node.putArray("children");
      layer.children().forEach(child -> children.add(layer(child)));
    }
    return node;
  }

  private static void behaviour(ObjectNode node, Layer.Behaviour behaviour) {
    if (behaviour instanceof Layer.Behaviour.BatchNorm norm) {
      node.putObject("batchNorm")
          .put("momentum", norm.momentum())
          .put("epsilon", norm.epsilon())
          .put("movingMean", norm.movingMean())
          .put("movingVariance", norm.movingVariance());
    } else if (behaviour instanceof Layer.Behaviour.Noise noise) {
      node.putObject("noise").put("kind", noise.kind()).put("rate", noise.rate());
    }
  }

  private ObjectNode function(SavedFunction function) {
    ObjectNode node = json.createObjectNode();
    node.put("function", ModelMetadata.functionName(functions++));
    put(node, "captures", function.captures());
    return node;
  }

  /** Writes {@code provenance} into {@code node}; what else that holds stays. */
  static void write(Provenance provenance, ObjectNode node) {
    Provenance.Origin origin = provenance.origin();
    node.putObject("origin")
        .put("path", name(origin.path()))
        .put("digest", origin.digest())
        .put("writer", origin.writer())
        .put("tensorflow", origin.tensorflow())
        .put("bytes", origin.bytes());
    ArrayNode steps = node.putArray("steps");
    for (Provenance.Step step : provenance.steps()) {
      ObjectNode arguments =
          steps.addObject().put("operation", step.operation()).putObject("arguments");
      for (Map.Entry<String, String> argument : step.arguments().entrySet()) {
        arguments.put(argument.getKey(), argument.getValue());
      }
    }
  }

  /** The last part of a path: where it lay on the machine of whoever trained it is theirs. */
  private static String name(String path) {
    String plain = path.replaceAll("[/\\\\]+$", "");
    return plain.substring(Math.max(plain.lastIndexOf('/'), plain.lastIndexOf('\\')) + 1);
  }

  private static void put(ObjectNode node, String field, Iterable<TensorRef> tensors) {
    ArrayNode array = node.putArray(field);
    tensors.forEach(tensor -> array.add(tensor.toString()));
  }

  /** As a list of sizes, -1 where unknown; absent if not even the rank is known. */
  private static void put(ObjectNode node, String field, Shape shape) {
    if (shape.hasRank()) {
      ArrayNode dims = node.putArray(field);
      for (long dim : shape.dims()) {
        dims.add(dim);
      }
    }
  }
}
