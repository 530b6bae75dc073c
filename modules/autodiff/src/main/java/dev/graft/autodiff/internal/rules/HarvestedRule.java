package dev.graft.autodiff.internal.rules;

import dev.graft.autodiff.internal.engine.Backprop;
import dev.graft.autodiff.internal.engine.Ops;
import dev.graft.autodiff.internal.engine.Rule;
import dev.graft.autodiff.internal.engine.RuleBook;
import dev.graft.graph.TensorRef;
import dev.graft.runtime.GradientHarvest;
import dev.graft.tensor.DType;
import dev.graft.tensor.Shape;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.NodeDef;

/**
 * TensorFlow's own C++ rule as a {@link Rule}: taken from a graph that holds nothing but the op,
 * and kept for the next op with the same attributes. Only for ops whose rule was checked as Graft's
 * own are, since some of TensorFlow's drop attributes without a word. Nothing is registered with
 * TensorFlow.
 */
final class HarvestedRule {

  /** What a harvest depends on: the op's attributes without its name, and what is asked for. */
  private record Key(
      NodeDef op, List<DataType> inputs, Set<Integer> withGradient, Set<Integer> wanted) {}

  private static final Map<Key, GradientHarvest> KEPT = new ConcurrentHashMap<>();

  private HarvestedRule() {}

  static void addTo(RuleBook rules) {
    rules.addHarvested(HarvestedRule::apply, "FractionalAvgPool", "FractionalMaxPool");
  }

  private static void apply(Backprop op, Ops t) {
    List<DataType> types = op.inputs().stream().map(t::dtype).toList();
    Set<Integer> wanted = new TreeSet<>();
    for (int i = 0; i < op.inputCount(); i++) {
      if (op.wants(i)) {
        wanted.add(i);
      }
    }
    // with a gradient for each output that can have one: some rules insist on all of them
    Set<Integer> withGradient = new TreeSet<>();
    IntStream.range(0, op.outputCount())
        .filter(i -> DType.of(t.dtype(op.out(i))).isContinuous())
        .forEach(withGradient::add);
    NodeDef bare = op.node().toBuilder().clearName().clearInput().clearDevice().build();
    GradientHarvest harvest =
        KEPT.computeIfAbsent(
            new Key(bare, types, withGradient, wanted),
            key ->
                GradientHarvest.of(
                    bare,
                    types.stream()
                        .map(type -> GradientHarvest.Input.of(type, Shape.unknown()))
                        .toList(),
                    withGradient,
                    wanted));
    Map<String, TensorRef> bound = new HashMap<>();
    for (int i = 0; i < op.inputCount(); i++) {
      bound.put(harvest.inputs().get(i), op.in(i));
    }
    for (int i = 0; i < op.outputCount(); i++) {
      bound.put(harvest.outputs().get(i), op.out(i));
    }
    harvest.incoming().forEach((i, name) -> bound.put(name, op.dy(i)));
    bound.keySet().removeIf(name -> !harvest.graph().contains(name));
    var spliced = t.editor().splice(harvest.graph(), t.scope(), bound);
    harvest.gradients().forEach((i, gradient) -> op.give(i, spliced.of(gradient)));
  }
}
