package dev.graft.trainer.internal.feed;

import com.google.common.collect.ImmutableList;
import dev.graft.data.Batch;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.TensorRef;
import dev.graft.tensor.TensorValue;
import dev.graft.trainer.internal.step.TrainingGraph;
import dev.graft.trainer.internal.task.InputBinding;
import dev.graft.trainer.internal.task.Task;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.tensorflow.proto.NodeDef;

/**
 * Where the parts of a batch enter the graph of a step: the inputs, what they should give, and how
 * much each example counts.
 *
 * @param task which knows what is fed of a batch
 * @param tensors the tensors to feed
 */
public record BatchTensors(Task task, ImmutableList<TensorRef> tensors) {

  /** Those of a step's graph. */
  public static BatchTensors of(Task task, TrainingGraph graph) {
    return new BatchTensors(
        task,
        ImmutableList.<TensorRef>builder()
            .addAll(task.inputs().tensors())
            .addAll(graph.fed().targets())
            .add(graph.fed().weights())
            .build());
  }

  /** The same where others stand in the place of some of these, in {@code graph}. */
  BatchTensors at(Map<TensorRef, TensorRef> others, TrainingGraph graph) {
    InputBinding inputs = task.inputs().into(graph.model().graph()).fedAt(others);
    return new BatchTensors(
        task.fedAt(inputs),
        tensors.stream()
            .map(tensor -> others.getOrDefault(tensor, tensor))
            .collect(ImmutableList.toImmutableList()));
  }

  /**
   * Has all that reads {@code from} read {@code to}. What only waits for a placeholder waits for
   * nothing then: TensorFlow lets nobody wait for what is fed, but would for {@code to}, and that
   * is not there in runs that are fed by hand.
   */
  static void redirect(GraphEditor editor, TensorRef from, TensorRef to) {
    editor.redirect(from, to);
    if (!editor.node(from.node()).getOp().startsWith("Placeholder")) {
      return; // what waits for another node waits for what that computes
    }
    String waits = "^" + from.node();
    for (NodeDef node : editor.nodes()) {
      if (node.getInputList().contains(waits)) {
        List<String> rest = new ArrayList<>(node.getInputList());
        rest.removeIf(waits::equals);
        editor.replace(node.toBuilder().clearInput().addAllInput(rest).build());
      }
    }
  }

  /** What to feed for {@code batch}, in the order of the tensors. */
  public List<TensorValue> values(Batch batch) {
    List<TensorValue> values = new ArrayList<>(task.inputs().values(batch));
    values.addAll(task.targets(batch));
    values.add(batch.weights());
    return values;
  }
}
