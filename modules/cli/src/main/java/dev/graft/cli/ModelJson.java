package dev.graft.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.graft.Graft;
import dev.graft.Inspection;
import dev.graft.graph.device.Placement;
import dev.graft.model.InputSpec;
import dev.graft.model.Layer;
import dev.graft.model.Model;
import dev.graft.model.Preflight;
import dev.graft.model.TensorSpec;
import dev.graft.model.Variable;
import dev.graft.trainer.optimizer.Optimizer;
import dev.graft.words.Words;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A model as {@code graft inspect --json} prints it. */
final class ModelJson {

  private static final ObjectMapper MAPPER = new ObjectMapper();

  private ModelJson() {}

  /**
   * A model.
   *
   * @param step the optimizer of the training step whose placement is asked for, if it is
   */
  static String of(Inspection inspection, Optional<Optimizer> step) throws JsonProcessingException {
    Model model = inspection.model();
    ObjectNode root = MAPPER.createObjectNode();
    root.put("name", model.name());
    root.put("writer", model.provenance().origin().writer());
    root.put("tensorflow", model.provenance().origin().tensorflow());
    root.put("bytes", model.provenance().origin().bytes());
    root.put("digest", model.provenance().origin().digest());
    inspection.saved().ifPresent(saved -> saved(root, saved));
    root.put("nodes", inspection.nodes());
    root.put("functions", inspection.functions());
    ObjectNode signatures = root.putObject("signatures");
    model
        .signatures()
        .forEach(
            (name, signature) -> {
              ObjectNode node = signatures.putObject(name);
              tensors(node.putArray("inputs"), signature.inputs());
              tensors(node.putArray("outputs"), signature.outputs());
            });
    ArrayNode inputs = root.putArray("inputs");
    model.inputs().forEach(input -> inputs.add(input(input)));
    ArrayNode heads = root.putArray("heads");
    inspection.heads().forEach(heads::add);
    ArrayNode blocks = root.putArray("blocks");
    inspection.blocks().forEach(block -> blocks.add(block.name()));
    ArrayNode accesses = root.putArray("machineAccesses");
    inspection
        .accesses()
        .forEach(
            access ->
                accesses
                    .addObject()
                    .put("kind", Words.identifier(access.kind()))
                    .put("op", access.op())
                    .put("node", access.node())
                    .put("place", access.place()));
    ArrayNode leftOut = root.putArray("leftOutWithoutTrust");
    inspection.saved().ifPresent(saved -> saved.leftOut().forEach(leftOut::add));
    long trainable =
        model.variables().stream().filter(Variable::trainable).mapToLong(LayerRows::count).sum();
    root.put("parameters", model.variables().stream().mapToLong(LayerRows::count).sum());
    root.put("trainableParameters", trainable);
    gradients(root, model);
    step.ifPresent(optimizer -> placement(root, inspection.placement(optimizer)));
    ArrayNode layers = root.putArray("layers");
    LayerRows rows = new LayerRows(model);
    model.layers().forEach(layer -> layers.add(layer(rows, layer)));
    ArrayNode variables = root.putArray("variables");
    model.variables().forEach(variable -> variables.add(variable(variable)));
    return MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(root);
  }

  private static void gradients(ObjectNode root, Model model) {
    if (!model.signatures().isEmpty()) {
      Preflight preflight = Graft.preflight(model);
      root.putObject("gradients")
          .put("reached", preflight.reached().size())
          .put("unreached", preflight.unreached().size())
          .put("blocked", preflight.blocked().size());
    }
  }

  private static void placement(ObjectNode root, Placement placement) {
    ObjectNode node = root.putObject("gpu");
    node.put("onGpu", placement.onGpu())
        .put("inHostMemory", placement.inHostMemory())
        .put("onCpuByName", placement.onCpuByName());
    ArrayNode ops = node.putArray("onCpu");
    placement
        .onCpu()
        .forEach(
            each ->
                ops.addObject()
                    .put("op", each.op())
                    .put("dtypes", each.dtypes())
                    .put("reason", Words.identifier(each.reason()))
                    .put("nodes", each.nodes())
                    .put("node", each.node()));
    ArrayNode variables = node.putArray("variablesOnCpu");
    placement
        .variables()
        .forEach(
            each ->
                variables
                    .addObject()
                    .put("name", each.name())
                    .put("op", each.op())
                    .put("node", each.node()));
  }

  private static void saved(ObjectNode root, Inspection.Saved saved) {
    root.put("producer", saved.producer());
    root.put("minConsumer", saved.minConsumer());
    saved.tags().forEach(root.putArray("tags")::add);
    ArrayNode sets = root.putArray("tagSets");
    saved.tagSets().forEach(tags -> tags.forEach(sets.addArray()::add));
    root.putObject("checkpoint").put("tensors", saved.tensors()).put("files", saved.shards());
  }

  private static void tensors(ArrayNode array, Map<String, TensorSpec> specs) {
    specs.forEach(
        (name, spec) ->
            array
                .addObject()
                .put("name", name)
                .put("tensor", spec.tensor().toString())
                .put("dtype", spec.dtype().toString())
                .put("shape", spec.shape().toString()));
  }

  private static ObjectNode input(InputSpec input) {
    ObjectNode node = MAPPER.createObjectNode();
    node.put("name", input.name()).put("shape", input.shape().toString());
    node.put("channels", Words.identifier(input.channels()));
    input
        .range()
        .ifPresent(
            range ->
                node.put("low", range.low())
                    .put("high", range.high())
                    .put("reason", range.reason())
                    .put("guessed", range.guessed()));
    return node;
  }

  private static ObjectNode layer(LayerRows rows, Layer layer) {
    LayerRows.Row row =
        rows.row(0, layer.name(), layer.className(), layer.outputShape(), List.of(layer));
    ObjectNode node = MAPPER.createObjectNode();
    node.put("name", row.name())
        .put("class", row.type())
        .put("output", layer.outputShape().toString());
    node.put("parameters", row.parameters()).put("trains", row.trains());
    if (!layer.children().isEmpty()) {
      ArrayNode children = node.putArray("layers");
      layer.children().forEach(child -> children.add(layer(rows, child)));
    }
    return node;
  }

  private static ObjectNode variable(Variable variable) {
    return MAPPER
        .createObjectNode()
        .put("name", variable.name())
        .put("dtype", variable.dtype().toString())
        .put("shape", variable.shape().toString())
        .put("trainable", variable.trainable())
        .put("role", Words.identifier(variable.role()));
  }
}
