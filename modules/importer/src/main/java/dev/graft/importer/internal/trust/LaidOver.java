package dev.graft.importer.internal.trust;

import com.google.common.collect.ListMultimap;
import com.google.common.collect.MultimapBuilder;
import dev.graft.graph.Functions;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Nodes;
import dev.graft.graph.TensorRef;
import dev.graft.model.Layer;
import dev.graft.model.Model;
import dev.graft.model.SavedFunction;
import dev.graft.model.TrainingCall;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.NodeDef;

/**
 * The graph of a model with all that may be laid over it for training, and all at once: which
 * layers behave as in training is decided when they train, so that whatever reads a layer's output
 * reads here a choice of what there may be. It is there to be looked at and cannot run.
 */
public final class LaidOver {

  private static final String PREFIX = "training";
  private static final String CHOICE = "Merge"; // of no shape that is known

  private final GraphEditor editor;
  private final ListMultimap<TensorRef, TensorRef> others =
      MultimapBuilder.linkedHashKeys().arrayListValues().build();

  private LaidOver(Graph graph) {
    editor = graph.edit();
  }

  /** That graph of {@code model}. */
  public static Graph of(Model model) {
    LaidOver laid = new LaidOver(model.graph());
    for (Layer layer : model.allLayers().toList()) {
      if (layer.training().map(SavedFunction::isUsable).orElse(false)) {
        TrainingCall.of(layer).forEach(laid::add);
      }
    }
    model.penalties().stream()
        .filter(SavedFunction::isUsable)
        .forEach(penalty -> laid.splice(penalty, List.of()));
    return laid.build(model.graph());
  }

  private void add(TrainingCall call) {
    GraphEditor.Splice splice = splice(call.function(), call.inputs());
    call.results().forEach((output, result) -> others.put(output, splice.of(result)));
  }

  private GraphEditor.Splice splice(SavedFunction function, List<TensorRef> inputs) {
    return editor.splice(function.body().graph(), PREFIX, function.bound(inputs));
  }

  /** Not checked as graphs are, since a choice may be among what it chooses from. */
  private Graph build(Graph model) {
    Map<TensorRef, String> choices = new HashMap<>();
    Map<String, NodeDef> nodes = new LinkedHashMap<>();
    others
        .asMap()
        .forEach(
            (output, alternatives) -> {
              NodeDef.Builder choice =
                  NodeDef.newBuilder()
                      .setName(editor.uniqueName(PREFIX + "/choice"))
                      .setOp(CHOICE)
                      .addInput(output.asInput());
              alternatives.forEach(each -> choice.addInput(each.asInput()));
              editor.add(choice.build());
              nodes.put(choice.getName(), choice.build());
              choices.put(output, choice.getName());
            });
    for (NodeDef node : editor.nodes()) {
      nodes.computeIfAbsent(node.getName(), name -> choosing(node, choices));
    }
    Map<String, FunctionDef> called =
        Functions.reachable(nodes.values(), editor.functions(), model.gradientFunctions());
    return new Graph(nodes, called, model.gradients(), model.versions());
  }

  private static NodeDef choosing(NodeDef node, Map<TensorRef, String> choices) {
    NodeDef.Builder copy = node.toBuilder();
    for (int i = 0; i < node.getInputCount(); i++) {
      String input = node.getInput(i);
      if (!Nodes.isControl(input)) {
        String choice = choices.get(TensorRef.parse(input));
        copy.setInput(i, choice == null ? input : choice);
      }
    }
    return copy.build();
  }
}
