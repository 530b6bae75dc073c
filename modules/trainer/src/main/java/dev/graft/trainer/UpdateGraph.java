package dev.graft.trainer;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import dev.graft.autodiff.Differentiator;
import dev.graft.autodiff.Gradient;
import dev.graft.autodiff.GradientGraph;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.model.BadRequestException;
import dev.graft.model.Initializer;
import dev.graft.model.TensorValue;
import dev.graft.model.Variable;
import dev.graft.model.VariableSource;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.tensorflow.proto.DataType;

/**
 * A graph with the gradients of a loss in it, and with the nodes that change the weights by them.
 *
 * <p>The updates are sound: each waits, by control edges, for every node of the step that reads its
 * variable. Without that a read sees the old or the new value at random.
 *
 * @param graph the graph
 * @param gradients of the loss, by the names of the variables, before clipping
 * @param slots the variables that the optimizer keeps
 * @param nodes what to run for an update
 */
record UpdateGraph(
    Graph graph,
    ImmutableMap<String, Gradient> gradients,
    ImmutableList<Variable> slots,
    ImmutableList<String> nodes) {

  /**
   * Adds gradients and updates.
   *
   * @param loss what to make small, a scalar
   * @param alsoRun what else is fetched in the step: the updates wait for its reads, too
   * @param training the variables that change, as far as they have influence on the loss
   * @param rate the learning rate, a scalar
   * @param step how many steps are done, int64
   */
  static UpdateGraph of(
      Graph graph,
      TensorRef loss,
      Collection<TensorRef> alsoRun,
      Optimizer optimizer,
      Clipping clipping,
      Collection<Variable> training,
      TensorRef rate,
      TensorRef step) {
    List<TensorRef> handles = training.stream().map(Variable::handle).toList();
    GradientGraph differentiated =
        Differentiator.gradients(graph, List.of(loss), List.of(), handles);
    Map<Variable, Gradient> gradients = new LinkedHashMap<>();
    for (Variable variable : training) {
      Gradient gradient = differentiated.gradients().get(variable.handle());
      if (gradient != null) {
        gradients.put(variable, gradient);
      }
    }
    if (gradients.isEmpty()) {
      throw new BadRequestException(
          "none of the variables to train has any influence on the loss; unfreeze some that have.");
    }
    Set<String> fetched = new LinkedHashSet<>();
    fetched.add(loss.node());
    alsoRun.forEach(tensor -> fetched.add(tensor.node()));
    return new Builder(differentiated.graph(), optimizer)
        .build(gradients, clipping, fetched, rate, step);
  }

  private static final class Builder {
    private final Graph before;
    private final GraphEditor editor;
    private final Optimizer optimizer;
    private final ImmutableList.Builder<Variable> slots = ImmutableList.builder();

    Builder(Graph before, Optimizer optimizer) {
      this.before = before;
      this.editor = before.edit();
      this.optimizer = optimizer;
    }

    UpdateGraph build(
        Map<Variable, Gradient> gradients,
        Clipping clipping,
        Set<String> fetched,
        TensorRef rate,
        TensorRef step) {
      Scope g = new Scope(editor, editor.uniqueName("graft/update"));
      Set<String> roots = new LinkedHashSet<>(fetched);
      gradients
          .values()
          .forEach(gradient -> Gradients.tensors(gradient).forEach(t -> roots.add(t.node())));
      Set<String> inStep = new HashSet<>(before.upstream(roots));
      TensorRef number = g.add("AddV2", step, g.constant(TensorValue.scalar(1L)));
      List<Gradient> clipped = clipping.apply(g.in("clip"), List.copyOf(gradients.values()));
      ImmutableList.Builder<String> nodes = ImmutableList.builder();
      ImmutableMap.Builder<String, Gradient> named = ImmutableMap.builder();
      int next = 0;
      for (Variable variable : gradients.keySet()) {
        Scope own = g.in(variable.name());
        Gradient gradient = clipped.get(next++);
        List<String> readers =
            before.consumers(variable.node()).stream().filter(inStep::contains).toList();
        WeightUpdate update =
            new WeightUpdate(
                own,
                variable,
                Gradients.merged(own, gradient),
                slots(own, variable),
                rate,
                number,
                readers);
        if (isDecayed(variable)) {
          update.decay(optimizer.decay().strength());
        }
        nodes.add(optimizer.apply(update));
        named.put(variable.name(), gradients.getOrDefault(variable, gradient));
      }
      return new UpdateGraph(editor.build(), named.buildOrThrow(), slots.build(), nodes.build());
    }

    private boolean isDecayed(Variable variable) {
      return optimizer.decay().strength() > 0
          && optimizer.decay().excluded().stream()
              .noneMatch(pattern -> Pattern.compile(pattern).matcher(variable.name()).find());
    }

    /** Variables for the optimizer to keep for {@code weight}, by the names of its slots. */
    private Map<String, Variable> slots(Scope g, Variable weight) {
      Map<String, Variable> own = new LinkedHashMap<>();
      for (Optimizer.Slot slot : optimizer.slots()) {
        String name = g.name(slot.name());
        String node =
            g.op("VarHandleOp")
                .name(name)
                .attr("dtype", weight.dtype())
                .attr("shape", weight.shape())
                .attr("shared_name", name)
                .node();
        Variable variable =
            new Variable(
                name,
                node,
                weight.dtype(),
                weight.shape(),
                false,
                Variable.Role.STATE,
                source(weight, slot.start()));
        own.put(slot.name(), variable);
        slots.add(variable);
      }
      return own;
    }

    private static VariableSource source(Variable weight, double start) {
      if (start == 0) {
        return new VariableSource.Initialized(Initializer.ZEROS, 0);
      }
      int count = Math.toIntExact(weight.shape().elements());
      if (weight.dtype() == DataType.DT_DOUBLE) {
        double[] values = new double[count];
        Arrays.fill(values, start);
        return new VariableSource.Given(TensorValue.of(weight.shape(), values));
      }
      float[] values = new float[count];
      Arrays.fill(values, (float) start);
      return new VariableSource.Given(TensorValue.of(weight.shape(), values));
    }
  }
}
