package dev.graft.trainer.fit;

import dev.graft.data.Dataset;
import dev.graft.error.FailedCheckException;
import dev.graft.error.GraftException;
import dev.graft.graph.Nodes;
import dev.graft.graph.TensorRef;
import dev.graft.model.Layer;
import dev.graft.model.Variable;
import dev.graft.runtime.ModelSession;
import dev.graft.runtime.TensorFlowException;
import dev.graft.tensor.DType;
import dev.graft.tensor.TensorValue;
import dev.graft.trainer.internal.features.NoNumbers;
import dev.graft.trainer.internal.step.TrainingGraph;
import dev.graft.trainer.internal.task.InputBinding;
import dev.graft.trainer.internal.task.Stage;
import dev.graft.words.Remedy;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.tensorflow.proto.NodeDef;

/**
 * Finds out where a loss that is no number comes from: an example, a weight that the step before
 * spoiled, or a layer that makes one of numbers.
 */
final class NotFinite {

  private static final int TOGETHER = 16; // tensors fetched in one run, so that memory stays small

  private final ModelSession session;
  private final TrainingGraph graph;
  private final InputBinding entry;
  private final Stage stage;
  private final Dataset train;

  NotFinite(ModelSession session, TrainingGraph graph, LoopSetup setup) {
    this.session = session;
    this.graph = graph;
    this.entry = setup.task().inputs();
    this.stage = setup.stage();
    this.train = setup.data().train();
  }

  /**
   * What to throw for a batch whose loss is no number.
   *
   * @param values what was fed to {@code feeds}
   * @param done how many steps are done; a step may be several runs
   */
  GraftException explain(
      int[] examples,
      List<TensorRef> feeds,
      List<TensorValue> values,
      long done,
      TensorFlowException cause) {
    Optional<GraftException> bad = badExample(examples, values);
    if (bad.isPresent()) {
      return bad.get();
    }
    Map<TensorRef, TensorValue> fed = new LinkedHashMap<>();
    for (int i = 0; i < feeds.size(); i++) {
      fed.put(feeds.get(i), values.get(i));
    }
    String rate =
        String.format(
            Locale.ROOT, "%.1e", values.get(feeds.indexOf(graph.fed().rate())).asDoubles()[0]);
    String where =
        spoiledWeight(done == 0)
            .or(() -> layer(fed))
            .orElse("it is the loss itself that is no number, every layer before it gives one");
    return new FailedCheckException(
        "the loss is not finite at step "
            + (done + 1)
            + ", on a batch that begins with "
            + train.name(examples[0])
            + ": "
            + where
            + ". Lower the rate (it was "
            + rate
            + "), or clip the gradients.",
        cause,
        Remedy.CLIP_GRADIENTS);
  }

  private Optional<GraftException> badExample(int[] examples, List<TensorValue> values) {
    List<String> names = List.copyOf(entry.feeds().keySet());
    for (int i = 0; i < names.size(); i++) {
      TensorValue value = values.get(i);
      if (!value.dtype().isFloating()) {
        continue;
      }
      double[] numbers = value.asDoubles();
      for (int j = 0; j < numbers.length; j++) {
        if (!Double.isFinite(numbers[j])) {
          int row = (int) (j / Math.max(1, numbers.length / examples.length));
          return Optional.of(
              NoNumbers.notFinite(train.name(examples[row]), numbers[j], names.get(i)));
        }
      }
    }
    return Optional.empty();
  }

  /**
   * Gradients run from the loss to the input: the last spoiled weight is the first they reached.
   */
  private Optional<String> spoiledWeight(boolean first) {
    List<Variable> training = stage.training();
    List<TensorValue> values = session.readVariables(training);
    for (int i = training.size() - 1; i >= 0; i--) {
      if (!isFinite(values.get(i))) {
        return Optional.of(
            (first ? "from the start '" : "since the step before, whose gradient was not finite, '")
                + training.get(i).name()
                + "' of "
                + layer(training.get(i))
                + " has values that are not finite");
      }
    }
    return Optional.empty();
  }

  private String layer(Variable variable) {
    String name = variable.name();
    return "layer '" + name.substring(0, Math.max(0, name.lastIndexOf('/'))) + "'";
  }

  /** The first node whose values are not finite although all that it reads are. */
  private Optional<String> layer(Map<TensorRef, TensorValue> fed) {
    Set<String> needed = needed(fed.keySet());
    List<TensorRef> wanted = new ArrayList<>();
    for (NodeDef node : session.model().graph().topological()) {
      TensorRef first = new TensorRef(node.getName(), 0);
      if (needed.contains(node.getName()) && isFloat(first)) {
        wanted.add(first);
      }
    }
    for (int from = 0; from < wanted.size(); from += TOGETHER) {
      List<TensorRef> some = wanted.subList(from, Math.min(wanted.size(), from + TOGETHER));
      List<TensorValue> values = session.graph().run(fed, some, List.of());
      for (int i = 0; i < some.size(); i++) {
        if (!isFinite(values.get(i))) {
          return Optional.of(owner(some.get(i).node()));
        }
      }
    }
    return Optional.empty();
  }

  /** The nodes that the loss is computed by, from what is fed on. */
  private Set<String> needed(Set<TensorRef> fed) {
    Set<String> found = new HashSet<>();
    Deque<TensorRef> open = new ArrayDeque<>(List.of(graph.step().loss()));
    while (!open.isEmpty()) {
      TensorRef next = open.pop();
      if (!fed.contains(next) && found.add(next.node())) {
        open.addAll(Nodes.dataInputs(session.model().graph().node(next.node())));
      }
    }
    return found;
  }

  private boolean isFloat(TensorRef tensor) {
    try {
      return DType.of(session.model().graph().dtype(tensor)).isFloating();
    } catch (RuntimeException e) {
      return false; // a node without outputs
    }
  }

  private static boolean isFinite(TensorValue value) {
    for (double number : value.asDoubles()) {
      if (!Double.isFinite(number)) {
        return false;
      }
    }
    return true;
  }

  /** The innermost layer that a node was made for, by the names of its outputs or its own. */
  private String owner(String node) {
    String layer = "";
    for (Layer each : (Iterable<Layer>) session.model().allLayers()::iterator) {
      boolean owns =
          each.outputs().stream().anyMatch(output -> output.node().equals(node))
              || ("/" + node).contains("/" + each.name() + "/");
      layer = owns && each.name().length() >= layer.length() ? each.name() : layer;
    }
    return (layer.isEmpty() ? "" : "layer '" + layer + "', ")
        + "node '"
        + node
        + "' gives a value that is not finite, made of values that are";
  }
}
