package dev.graft.trainer.fit;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.Iterables;
import dev.graft.error.Internal;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.TensorRef;
import dev.graft.model.Model;
import dev.graft.model.Variable;
import dev.graft.tensor.Shape;
import dev.graft.trainer.internal.step.StepGradients;
import dev.graft.trainer.internal.step.UpdateGraph;
import dev.graft.trainer.internal.step.Updating;
import dev.graft.trainer.optimizer.Clipping;
import dev.graft.trainer.optimizer.Optimizer;
import java.util.Collection;
import java.util.List;
import org.tensorflow.proto.DataType;

/**
 * One step of SGD on a loss of the caller's, along the gradient brought to length 1 at most: what
 * it takes to find out whether a model can be trained at all.
 *
 * @param model the model over the graph with gradients and updates
 * @param rate the learning rate, to be fed: float32
 * @param step how many steps are done, to be fed: int64
 * @param updates the nodes to run
 */
@Internal
public record SingleStep(
    Model model, TensorRef rate, TensorRef step, ImmutableList<String> updates) {

  /**
   * Adds the step.
   *
   * @param graph the model's graph with the loss in it
   * @param loss a scalar
   * @param training the variables that change
   * @throws dev.graft.error.BadModelException if an op on the way has no gradient
   * @throws dev.graft.error.BadRequestException if none of the variables has influence on the loss
   */
  public static SingleStep of(
      Model model, Graph graph, TensorRef loss, Collection<Variable> training) {
    GraphEditor editor = graph.edit();
    TensorRef rate =
        editor.placeholder(editor.uniqueName("graft/step/rate"), DataType.DT_FLOAT, Shape.scalar());
    TensorRef step =
        editor.placeholder(
            editor.uniqueName("graft/step/number"), DataType.DT_INT64, Shape.scalar());
    UpdateGraph updated =
        UpdateGraph.of(
            StepGradients.of(editor.build(), loss, training),
            List.of(),
            Updating.by(Optimizer.sgd(), Clipping.byGlobalNorm(1)),
            rate,
            step);
    Model extended =
        model.toBuilder()
            .graph(updated.graph())
            .variables(Iterables.concat(model.variables(), updated.slots()))
            .build();
    return new SingleStep(extended, rate, step, updated.nodes());
  }
}
