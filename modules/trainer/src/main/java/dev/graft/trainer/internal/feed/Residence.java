package dev.graft.trainer.internal.feed;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import dev.graft.data.Dataset;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.tensor.Rows;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.trainer.internal.step.TrainingGraph;
import dev.graft.trainer.internal.task.Task;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.tensorflow.proto.DataType;

/**
 * A step's graph with the inputs of all its examples in variables on a device: a step is fed the
 * numbers of rows. What examples should give, and how much they count, is small and fed as ever.
 *
 * @param graph the step's, whose readers read rows of the variables
 * @param out what they read, and the rest of a batch; fed by hand it leaves the variables alone
 * @param rows the numbers of the rows of a batch, to be fed: int32 [N]
 * @param begin nodes that make room for all examples
 * @param places which rows {@code values} are, to be fed: int32 [N]
 * @param values some rows of each input, to be fed
 * @param put nodes that put these there
 */
record Residence(
    TrainingGraph graph,
    BatchTensors out,
    TensorRef rows,
    ImmutableList<String> begin,
    TensorRef places,
    ImmutableList<TensorRef> values,
    ImmutableList<String> put) {

  /** TensorFlow's kernel for a GPU counts the numbers of a variable so far. */
  private static final long MOST_NUMBERS = Integer.MAX_VALUE;

  private static final Shape ANY = Shape.of(Shape.UNKNOWN);

  /** Why examples cannot lie on a device, or not within its share, for a person. */
  static Optional<String> against(Task task, Dataset train, Share share) {
    if (task.inputs().pictures().isPresent()) {
      return Optional.of("the graph decodes their pictures itself");
    }
    if (train.size() == 0 || task.inputs().tensors().isEmpty()) {
      return Optional.of("there is nothing to lie there");
    }
    List<TensorValue> first = task.inputs().values(train.batch(new int[] {0}));
    if (!first.stream().allMatch(value -> value.dtype().isFloating())) {
      return Optional.of("they are not all floating-point numbers");
    }
    if (first.stream().anyMatch(it -> it.shape().elements() > MOST_NUMBERS / train.size())) {
      return Optional.of("they have more numbers than one variable there may have");
    }
    long bytes = first.stream().mapToLong(Rows::rowBytes).sum();
    return bytes > share.bytes() / train.size()
        ? Optional.of(
            String.format(
                Locale.ROOT,
                "they take %.1f GB, of at most %s",
                (double) bytes * train.size() / (1 << 30),
                share.words()))
        : Optional.empty();
  }

  /**
   * Adds variables for the inputs of {@code train} to {@code graph}, if nothing is {@link #against}
   * that.
   */
  static Residence of(Task task, TrainingGraph graph, Dataset train, String device) {
    List<TensorRef> fed = task.inputs().tensors();
    List<TensorValue> first = task.inputs().values(train.batch(new int[] {0}));
    GraphEditor editor = graph.model().graph().edit();
    Scope g = new Scope(editor, editor.uniqueName("graft/resident"));
    Scope there = g.on(device);
    TensorRef rows = editor.placeholder(g.name("rows"), DataType.DT_INT32, ANY);
    TensorRef places = editor.placeholder(g.name("places"), DataType.DT_INT32, ANY);
    ImmutableMap.Builder<TensorRef, TensorRef> readers = ImmutableMap.builder();
    ImmutableList.Builder<String> begin = ImmutableList.builder();
    ImmutableList.Builder<TensorRef> values = ImmutableList.builder();
    ImmutableList.Builder<String> put = ImmutableList.builder();
    for (int i = 0; i < fed.size(); i++) {
      DataType dtype = first.get(i).dtype().proto();
      Shape row = first.get(i).shape();
      Shape all = row.dim(0, train.size());
      TensorRef variable =
          there
              .op("VarHandleOp")
              .attr("dtype", dtype)
              .attr("shape", all)
              .attr("shared_name", g.name("examples/" + i))
              .output();
      TensorRef dims = g.constant(TensorValue.of(Shape.of(all.rank()), all.dims()));
      TensorRef zero = g.cast(g.scalar(0f), dtype);
      TensorRef empty = there.add("Fill", dims, zero);
      begin.add(there.op("AssignVariableOp").input(variable).input(empty).node());
      TensorRef some = editor.placeholder(g.name("values"), dtype, row.dim(0, Shape.UNKNOWN));
      values.add(some);
      put.add(there.op("ResourceScatterUpdate").input(variable).input(places).input(some).node());
      TensorRef read =
          there.op("ResourceGather").input(variable).input(rows).attr("dtype", dtype).output();
      BatchTensors.redirect(editor, fed.get(i), read);
      readers.put(fed.get(i), read);
    }
    TrainingGraph resident = graph.in(editor.build());
    return new Residence(
        resident,
        BatchTensors.of(task, graph).at(readers.buildOrThrow(), resident),
        rows,
        begin.build(),
        places,
        values.build(),
        put.build());
  }
}
