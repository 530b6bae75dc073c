package dev.graft.trainer.internal.step;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import dev.graft.autodiff.gradient.Gradient;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.model.Initializer;
import dev.graft.model.Variable;
import dev.graft.model.VariableSource;
import dev.graft.tensor.DType;
import dev.graft.tensor.TensorValue;
import dev.graft.trainer.optimizer.Gradients;
import dev.graft.trainer.optimizer.Optimizer;
import dev.graft.trainer.optimizer.StepNumbers;
import dev.graft.trainer.optimizer.WeightUpdate;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

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
 * @param sums where gradients add up that are of more than one run; zero after each update
 * @param add what to run to add up gradients; the update then runs by itself
 */
public record UpdateGraph(
    Graph graph,
    ImmutableMap<String, Gradient> gradients,
    ImmutableList<Variable> slots,
    ImmutableList<String> nodes,
    ImmutableList<Variable> sums,
    ImmutableList<String> add) {

  /**
   * Adds updates.
   *
   * @param gradients what the variables are changed by
   * @param alsoRun what else is fetched in the step: the updates wait for it and for its reads
   * @param how gradients become changes
   * @param rate the learning rate, a scalar
   * @param step how many updates were made before, int64
   */
  public static UpdateGraph of(
      StepGradients gradients,
      Collection<TensorRef> alsoRun,
      Updating how,
      TensorRef rate,
      TensorRef step) {
    Set<String> fetched = new LinkedHashSet<>();
    fetched.add(gradients.loss().node());
    alsoRun.forEach(tensor -> fetched.add(tensor.node()));
    return new Builder(gradients, how).build(fetched, rate, step);
  }

  private static final class Builder {
    private final ImmutableMap<Variable, Gradient> gradients;
    private final WholeWeights whole = new WholeWeights();
    private final ImmutableList<String> guards;
    private final Graph before;
    private final GraphEditor editor;
    private final Updating how;
    private final Optimizer optimizer;
    private final ImmutableList.Builder<Variable> slots = ImmutableList.builder();
    private final ImmutableList.Builder<Variable> sums = ImmutableList.builder();
    private final ImmutableList.Builder<String> add = ImmutableList.builder();
    private final ImmutableList.Builder<String> nodes = ImmutableList.builder();

    Builder(StepGradients given, Updating how) {
      this.gradients = given.gradients();
      this.guards = given.guards();
      this.before = given.graph();
      this.editor = before.edit();
      this.how = how;
      this.optimizer = how.optimizer();
    }

    UpdateGraph build(Set<String> fetched, TensorRef rate, TensorRef step) {
      Scope g = new Scope(editor, editor.uniqueName("graft/update"));
      Set<String> roots = new LinkedHashSet<>(fetched);
      gradients
          .values()
          .forEach(gradient -> Gradients.tensors(gradient).forEach(t -> roots.add(t.node())));
      // with gradients added up, the update runs by itself and nothing else reads the weights
      Set<String> inStep = how.accumulates() ? Set.of() : new HashSet<>(before.upstream(roots));
      StepNumbers numbers = new StepNumbers(g.in("numbers"), rate, step);
      Map<Variable, Gradient> wanted = how.accumulates() ? sums(g) : own(g);
      List<Gradient> clipped = how.clipping().apply(g.in("clip"), List.copyOf(wanted.values()));
      ImmutableMap.Builder<String, Gradient> named = ImmutableMap.builder();
      int next = 0;
      for (Variable variable : gradients.keySet()) {
        Scope own = g.in(variable.name());
        Set<String> readers = new LinkedHashSet<>(before.consumers(variable.node()));
        readers.retainAll(inStep);
        if (!how.accumulates()) {
          readers.addAll(guards);
        }
        Variable changed = whole.of(own, variable);
        WeightUpdate update =
            new WeightUpdate(
                own,
                changed,
                Gradients.merged(own, clipped.get(next++)),
                slots(own, changed),
                new WeightUpdate.Step(
                    numbers, how.rates().getOrDefault(variable.name(), 1.0), readers));
        if (isDecayed(variable)) {
          update.decay(optimizer.decay().strength());
        }
        nodes.add(whole.changed(own, variable, optimizer.apply(update)));
      }
      slots.addAll(whole.all());
      gradients.forEach((variable, gradient) -> named.put(variable.name(), gradient));
      if (how.accumulates()) {
        clear(g, List.copyOf(nodes.build()));
      }
      return new UpdateGraph(
          editor.build(),
          named.buildOrThrow(),
          slots.build(),
          nodes.build(),
          sums.build(),
          add.build());
    }

    /** Each gradient as the update takes it. */
    private Map<Variable, Gradient> own(Scope g) {
      Map<Variable, Gradient> taken = new LinkedHashMap<>();
      gradients.forEach(
          (weight, gradient) ->
              taken.put(weight, WholeWeights.gradient(g.in(weight.name()), weight, gradient)));
      return taken;
    }

    /** Adds each gradient to a variable of its own, and gives what these hold. */
    private Map<Variable, Gradient> sums(Scope g) {
      Map<Variable, Gradient> held = new LinkedHashMap<>();
      gradients.forEach(
          (weight, gradient) -> {
            Scope own = g.in(weight.name());
            Variable sum = variable(own.name("sum"), whole.of(own, weight), 0);
            sums.add(sum);
            TensorRef dense = Gradients.dense(own, WholeWeights.gradient(own, weight, gradient));
            add.add(
                own.op("AssignAddVariableOp")
                    .input(sum.handle())
                    .input(dense)
                    .after(guards)
                    .node());
            held.put(weight, new Gradient.Dense(read(own, sum)));
          });
      return held;
    }

    private static TensorRef read(Scope g, Variable variable) {
      return g.op("ReadVariableOp")
          .attr("dtype", variable.dtype().proto())
          .input(variable.handle())
          .output();
    }

    /** Sets the sums to zero once they were used. */
    private void clear(Scope g, List<String> updates) {
      for (Variable sum : sums.build()) {
        TensorRef value = read(g, sum);
        nodes.add(
            g.op("AssignVariableOp")
                .input(sum.handle())
                .input(g.add("ZerosLike", value))
                .after(updates)
                .node());
      }
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
        Variable variable = variable(g.name(slot.name()), weight, slot.start());
        own.put(slot.name(), variable);
        slots.add(variable);
      }
      return own;
    }

    /** A new variable of the shape and dtype of {@code weight}. */
    private Variable variable(String name, Variable weight, double start) {
      String node =
          editor
              .op("VarHandleOp")
              .name(name)
              .attr("dtype", weight.dtype().proto())
              .attr("shape", weight.shape())
              .attr("shared_name", name)
              .node();
      return new Variable(
          name,
          node,
          weight.dtype(),
          weight.shape(),
          false,
          Variable.Role.STATE,
          source(weight, start));
    }

    private static VariableSource source(Variable weight, double start) {
      if (start == 0) {
        return new VariableSource.Initialized(Initializer.ZEROS, 0);
      }
      int count = Math.toIntExact(weight.shape().elements());
      if (weight.dtype() == DType.FLOAT64) {
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
