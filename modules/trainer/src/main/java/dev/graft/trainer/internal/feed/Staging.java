package dev.graft.trainer.internal.feed;

import com.google.common.collect.ImmutableMap;
import dev.graft.graph.Attrs;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.runtime.ShapeInference;
import dev.graft.tensor.Shape;
import dev.graft.trainer.internal.step.TrainingGraph;
import dev.graft.trainer.internal.task.Task;
import java.util.List;
import java.util.Optional;
import org.tensorflow.proto.DataType;

/**
 * A step's graph with a queue on a device between where a batch is fed and what reads it. One run
 * puts a batch in, another one, the step, takes it out; so the way to the device is gone while the
 * step before computes.
 *
 * <p>All three nodes that know the queue are on one device by name, since it is that device's. It
 * has no bounds of its own: {@link Staged} keeps to them, so that putting a batch in never waits.
 *
 * @param graph the step's, whose readers wait at the end of the queue
 * @param in where a batch is fed to be put in
 * @param out what the readers read; fed by hand it leaves the queue alone
 * @param put the node that puts a batch in
 * @param clear the node that empties the queue
 */
record Staging(TrainingGraph graph, BatchTensors in, BatchTensors out, String put, String clear) {

  /**
   * Adds a queue to {@code graph}.
   *
   * @return none where it would be of no use: of pictures that the graph decodes, of texts, which
   *     no device but the CPU holds
   */
  static Optional<Staging> of(Task task, TrainingGraph graph, String device) {
    BatchTensors in = BatchTensors.of(task, graph);
    Graph before = graph.model().graph();
    List<DataType> dtypes = in.tensors().stream().map(before::dtype).toList();
    if (task.inputs().pictures().isPresent() || dtypes.contains(DataType.DT_STRING)) {
      return Optional.empty();
    }
    ShapeInference shapes = ShapeInference.of(before);
    GraphEditor editor = before.edit();
    Scope g = new Scope(editor, editor.uniqueName("graft/stage"));
    Scope there = g.on(device);
    String queue = g.name("queue");
    List<TensorRef> taken =
        there
            .op("Unstage")
            .attr("dtypes", Attrs.types(dtypes))
            .attr("shared_name", queue)
            .outputs();
    ImmutableMap.Builder<TensorRef, TensorRef> readers = ImmutableMap.builder();
    for (int i = 0; i < taken.size(); i++) {
      TensorRef fed = in.tensors().get(i);
      TensorRef shaped = // which the queue has forgotten
          g.op("EnsureShape").input(taken.get(i)).attr("shape", rows(shapes.shape(fed))).output();
      readers.put(fed, shaped);
    }
    ImmutableMap<TensorRef, TensorRef> moved = readers.buildOrThrow();
    moved.forEach((from, to) -> BatchTensors.redirect(editor, from, to));
    String put = there.op("Stage").inputs(in.tensors()).attr("shared_name", queue).node();
    String clear =
        there
            .op("StageClear")
            .attr("dtypes", Attrs.types(dtypes))
            .attr("shared_name", queue)
            .node();
    TrainingGraph staged = graph.in(editor.build());
    return Optional.of(new Staging(staged, in, in.at(moved, staged), put, clear));
  }

  /** With any number of examples: what is fed need not keep to what the graph computes there. */
  private static Shape rows(Shape shape) {
    return shape.rank() > 0 ? shape.dim(0, Shape.UNKNOWN) : shape;
  }
}
