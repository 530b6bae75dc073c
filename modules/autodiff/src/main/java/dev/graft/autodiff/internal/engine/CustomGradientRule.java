package dev.graft.autodiff.internal.engine;

import dev.graft.graph.TensorRef;
import dev.graft.graph.function.CustomGradient;
import dev.graft.graph.function.FunctionGraph;
import dev.graft.graph.function.FunctionInliner;
import java.util.HashMap;
import java.util.Map;

/**
 * The way back past a formula whose author gave its gradient with {@code tf.custom_gradient}: the
 * function that the SavedModel holds for it is put in the formula's place.
 */
final class CustomGradientRule {

  private CustomGradientRule() {}

  static Rule of(CustomGradient.Saved saved) {
    return (op, t) -> apply(saved, op, t);
  }

  private static void apply(CustomGradient.Saved saved, Backprop op, Ops t) {
    FunctionGraph function = FunctionInliner.flatten(saved.function(), t.editor().functions());
    int recorded = saved.results().size();
    Map<String, TensorRef> arguments = new HashMap<>();
    for (int i = 0; i < function.arguments().size(); i++) {
      arguments.put(
          function.arguments().get(i),
          i < recorded ? op.dy(i) : saved.captures().get(i - recorded));
    }
    var spliced = t.editor().splice(function.graph(), t.scope(), arguments);
    for (int i = 0; i < recorded; i++) {
      int result = saved.results().get(i);
      if (result >= 0 && op.wants(i)) {
        op.give(i, spliced.of(function.results().get(result)));
      }
    }
  }
}
