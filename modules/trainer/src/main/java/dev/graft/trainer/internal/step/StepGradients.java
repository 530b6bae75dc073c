package dev.graft.trainer.internal.step;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import dev.graft.autodiff.Differentiator;
import dev.graft.autodiff.gradient.Gradient;
import dev.graft.autodiff.gradient.GradientGraph;
import dev.graft.error.BadRequestException;
import dev.graft.graph.Graph;
import dev.graft.graph.TensorRef;
import dev.graft.model.Variable;
import java.util.Collection;
import java.util.List;

/**
 * The first half of a step's graph: a loss and its gradients, before anything is changed by them.
 * What a training does to gradients (to scale them back, to add up those of several machines, to
 * let an update go by) is done to this value, before {@link UpdateGraph} takes it.
 *
 * @param graph the graph
 * @param loss what is made small, a scalar
 * @param gradients by the variables that have some; all others have no influence on the loss
 * @param guards nodes without which nothing changes: if one fails, all variables stay as they were
 */
public record StepGradients(
    Graph graph,
    TensorRef loss,
    ImmutableMap<Variable, Gradient> gradients,
    ImmutableList<String> guards) {

  /**
   * Adds the gradients of {@code loss}.
   *
   * @param training the variables that change, as far as they have influence
   * @throws BadRequestException if none has
   */
  public static StepGradients of(Graph graph, TensorRef loss, Collection<Variable> training) {
    return of(graph, loss, List.of(), training);
  }

  /**
   * Adds the gradients of {@code loss}, or of a multiple of it.
   *
   * @param times by what it is multiplied, in its own dtype; nothing for once
   */
  static StepGradients of(
      Graph graph, TensorRef loss, List<TensorRef> times, Collection<Variable> training) {
    List<TensorRef> handles = training.stream().map(Variable::handle).toList();
    GradientGraph differentiated = Differentiator.gradients(graph, List.of(loss), times, handles);
    ImmutableMap.Builder<Variable, Gradient> gradients = ImmutableMap.builder();
    for (Variable variable : training) {
      Gradient gradient = differentiated.gradients().get(variable.handle());
      if (gradient != null) {
        gradients.put(variable, gradient);
      }
    }
    ImmutableMap<Variable, Gradient> found = gradients.buildOrThrow();
    if (found.isEmpty()) {
      throw new BadRequestException(
          "none of the variables to train has any influence on the loss; unfreeze some that have.");
    }
    return new StepGradients(differentiated.graph(), loss, found, ImmutableList.of());
  }

  /** Returns these in a graph that has more in it, with other gradients of the same variables. */
  public StepGradients with(Graph extended, ImmutableMap<Variable, Gradient> others) {
    return new StepGradients(extended, loss, others, guards);
  }

  /** Returns these with one more node without which nothing changes. */
  public StepGradients guardedBy(String node) {
    ImmutableList<String> more = ImmutableList.<String>builder().addAll(guards).add(node).build();
    return new StepGradients(graph, loss, gradients, more);
  }
}
