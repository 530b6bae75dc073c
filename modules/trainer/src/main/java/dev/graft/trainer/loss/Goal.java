package dev.graft.trainer.loss;

import com.google.common.collect.ImmutableList;
import dev.graft.data.Batch;
import dev.graft.error.Internal;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.model.Head;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.trainer.metric.Metric;
import java.util.List;
import org.tensorflow.proto.DataType;

/**
 * What one or several heads of a model are trained to do, under one loss: the heads that it reads,
 * the targets that it wants of the data, the loss of each example, and the metrics that say how it
 * is done. One head and its objective are the usual case; boxes, mixed examples and a teacher's
 * answers are others.
 */
@Internal
public interface Goal {

  /**
   * What the data hold for a goal.
   *
   * @param key the name in a batch's targets
   * @param dtype of the values
   */
  record Target(String key, DataType dtype) {

    /** Returns its values for the examples of a batch. */
    public TensorValue of(Batch batch) {
      TensorValue values = batch.targets().get(key);
      if (values == null) {
        throw new IllegalStateException("the batch lacks the answers '" + key + "'");
      }
      return values;
    }
  }

  /** What it is called in messages, and before its metrics where there are several goals. */
  String name();

  /**
   * What tells it from any goal with another loss, the same in all processes and versions: a run is
   * known again by it, so that a checkpoint of one goal is not continued with another.
   */
  String identity();

  /** The heads that it reads. */
  ImmutableList<Head> heads();

  /** What it wants of the data. Rows may be padded, with their counts as a target beside them. */
  ImmutableList<Target> targets();

  /** Adds where these are fed to a graph, in their order. */
  default ImmutableList<TensorRef> placeholders(Scope g) {
    ImmutableList.Builder<TensorRef> all = ImmutableList.builder();
    for (Target target : targets()) {
      String name = targets().size() == 1 ? "targets" : "targets/" + target.key();
      all.add(g.editor().placeholder(g.name(name), target.dtype(), Shape.unknown()));
    }
    return all.build();
  }

  /** How much its loss counts beside those of the other goals. */
  double weight();

  /**
   * Adds the loss of each example to a graph.
   *
   * @param answers the raw answers of {@link #heads}, in their order
   * @param targets what the data say, in the order of {@link #targets()}
   * @return [N]
   */
  TensorRef perExample(Scope g, List<TensorRef> answers, List<TensorRef> targets);

  /** The metrics by which it is scored, in the order in which they are shown. */
  ImmutableList<Metric> metrics();

  /** Whether the loss of an example does not depend on the other examples of its batch. */
  default boolean isSeparable() {
    return true;
  }

  /** Whether it learns as well from features of half precision, which take half the room. */
  default boolean takesHalves() {
    return false;
  }

  /** Whether some labels count more than others in its loss. */
  default boolean weighsLabels() {
    return false;
  }
}
