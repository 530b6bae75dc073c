package dev.graft.surgeon.edit;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Lists;
import dev.graft.error.BadRequestException;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.TensorRef;
import dev.graft.model.InputSpec;
import dev.graft.model.Model;
import dev.graft.model.Signature;
import dev.graft.model.TensorSpec;
import dev.graft.surgeon.CutPoints;
import dev.graft.surgeon.Edit;
import dev.graft.surgeon.internal.analysis.Signatures;
import dev.graft.surgeon.internal.analysis.StaticShapes;
import dev.graft.tensor.DType;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tensorflow.proto.DataType;

/** Takes the part of a model between two tensors: the first becomes an input. */
final class Between extends Edit {

  private final String from;
  private final String to;

  Between(String from, String to) {
    this.from = from;
    this.to = to;
  }

  @Override
  protected String operation() {
    return "between";
  }

  @Override
  protected ImmutableMap<String, String> arguments() {
    return ImmutableMap.of("from", from, "to", to);
  }

  @Override
  protected Model edit(Model model) {
    TensorRef start = CutPoints.resolve(model, from);
    TensorRef end = CutPoints.resolve(model, to);
    Graph graph = model.graph();
    if (start.equals(end) || !graph.downstream(List.of(start.node())).contains(end.node())) {
      throw new BadRequestException(
          "no path leads from '" + from + "' to '" + to + "'; name an earlier and a later layer.");
    }
    StaticShapes shapes = new StaticShapes(model);
    DataType dtype = graph.dtype(start);
    GraphEditor editor = graph.edit();
    TensorRef input = editor.placeholder("features_in", dtype, shapes.of(start));
    editor.redirect(start, input);
    Graph rewired = editor.build();

    Signature serving = model.servingSignature();
    Map<String, TensorSpec> inputs = new LinkedHashMap<>(serving.inputs());
    Set<String> needed = rewired.upstream(List.of(end.node()));
    inputs.values().removeIf(spec -> !needed.contains(spec.tensor().node()));
    inputs.put("features_in", new TensorSpec(input, DType.of(dtype), shapes.of(start)));
    TensorSpec answer = new TensorSpec(end, DType.of(graph.dtype(end)), shapes.of(end));
    Signature cut =
        Signatures.withOutputs(
            rewired, Signatures.withInputs(serving, inputs), ImmutableMap.of(Cut.OUTPUT, answer));
    List<InputSpec> specs =
        cut.inputs().entrySet().stream().map(entry -> spec(model, entry)).toList();
    return model.toBuilder()
        .graph(rewired)
        .layers(Lists.transform(model.layers(), layer -> layer.redirected(start, input)))
        .signatures(List.of(cut))
        .inputs(specs)
        .heads(List.of())
        .build();
  }

  private static InputSpec spec(Model model, Map.Entry<String, TensorSpec> input) {
    return model.inputs().stream()
        .filter(known -> known.name().equals(input.getKey()))
        .findFirst()
        .orElseGet(() -> InputSpec.of(input.getKey(), input.getValue()));
  }
}
