package dev.graft;

import dev.graft.autodiff.Differentiator;
import dev.graft.autodiff.GradientGraph;
import dev.graft.autodiff.NoGradientException;
import dev.graft.graph.TensorRef;
import dev.graft.model.Layer;
import dev.graft.model.Model;
import dev.graft.model.Signature;
import dev.graft.model.TensorSpec;
import dev.graft.model.Variable;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Which variables a gradient reaches.
 *
 * @param reached those
 * @param blocked the ops in the way of the others
 * @param words what to do about it, a line each
 */
record Reach(List<Variable> reached, List<CheckReport.Blocked> blocked, List<String> words) {

  /** The outputs of a signature that a loss can be made of. */
  static List<TensorRef> outputs(Signature signature) {
    return signature.outputs().values().stream()
        .filter(output -> TrainingTrial.isReal(output.dtype()))
        .map(TensorSpec::tensor)
        .distinct()
        .toList();
  }

  static Reach of(Model model, List<TensorRef> outputs, List<Variable> wanted) {
    List<Variable> left = new ArrayList<>(wanted);
    List<CheckReport.Blocked> blocked = new ArrayList<>();
    List<String> words = new ArrayList<>();
    while (!left.isEmpty() && !outputs.isEmpty()) {
      try {
        GradientGraph found =
            Differentiator.gradients(
                model.graph(), outputs, List.of(), left.stream().map(Variable::handle).toList());
        left.removeIf(variable -> !found.gradients().containsKey(variable.handle()));
        return new Reach(left, blocked, words);
      } catch (NoGradientException e) {
        Set<String> upstream = model.graph().upstream(List.of(e.at()));
        List<Variable> cut = left.stream().filter(v -> upstream.contains(v.node())).toList();
        if (cut.isEmpty()) {
          throw e;
        }
        left.removeAll(cut);
        String layer = layer(model, e.at());
        blocked.add(
            new CheckReport.Blocked(e.op(), layer, cut.stream().map(Variable::name).toList()));
        words.add(cut.size() + " blocked: '" + e.op() + "' in layer " + layer);
        words.add("→ freeze what is below it, or cut above it");
      }
    }
    return new Reach(List.of(), blocked, words);
  }

  private static String layer(Model model, String node) {
    return model
        .allLayers()
        .map(Layer::name)
        .filter(name -> ("/" + node).contains("/" + name + "/"))
        .reduce((a, b) -> b)
        .orElse("");
  }
}
