package dev.graft.trainer.internal.step;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Iterables;
import dev.graft.autodiff.gradient.Gradient;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.model.Head;
import dev.graft.model.Layer;
import dev.graft.model.Model;
import dev.graft.model.Variable;
import dev.graft.tensor.Shape;
import dev.graft.trainer.FineTune;
import dev.graft.trainer.internal.graph.SamePadding;
import dev.graft.trainer.internal.graph.StatelessRandom;
import dev.graft.trainer.internal.graph.TrainingForm;
import dev.graft.trainer.internal.task.Entry;
import dev.graft.trainer.internal.task.Goal;
import dev.graft.trainer.loss.Penalty;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.NodeDef;

/**
 * A model's graph with a training step in it: loss, gradients and updates, all in one run.
 *
 * <p>The updates are sound: each waits, by control edges, for every node of the step that reads its
 * variable. Without that a read sees the old or the new value at random.
 *
 * @param model the model over the extended graph, with the optimizer's variables
 * @param targets what the examples should give, to be fed, for each goal
 * @param weights how much each example counts, to be fed: float32 [N]
 * @param part which part of the batch this run computes, to be fed where gradients of several runs
 *     are added up: float64
 * @param rate the learning rate, to be fed: float64
 * @param step how many steps are done, to be fed: int64
 * @param loss what the step makes small: the weighted mean over the examples, for several heads
 *     their weighted sum, and the penalties; times {@code part}
 * @param gradients of the loss, by the names of the variables
 * @param slots the variables that the optimizer keeps
 * @param moved the model's variables that layers in training change by themselves: the moving
 *     statistics of BatchNorm
 * @param sums where gradients of several runs are added up
 * @param add the nodes to run for that, before those of the update; none where each run updates
 * @param updates the nodes to run
 */
public record TrainingGraph(
    Model model,
    ImmutableList<TensorRef> targets,
    TensorRef weights,
    Optional<TensorRef> part,
    TensorRef rate,
    TensorRef step,
    TensorRef loss,
    ImmutableMap<String, Gradient> gradients,
    ImmutableList<Variable> slots,
    ImmutableList<Variable> moved,
    ImmutableList<Variable> sums,
    ImmutableList<String> add,
    ImmutableList<String> updates) {

  /** What TensorFlow says when the loss of a step is no number; nothing has changed then. */
  public static final String NOT_FINITE = "the loss of a training step is not finite";

  /**
   * Adds a training step.
   *
   * @param model the model
   * @param entry the way in for the examples, with the model's graph
   * @param goals what its heads should do
   * @param training the variables that change
   * @param rates which share of the learning rate they have, by name, where not all of it
   * @param layers those that behave as in training
   * @param seed what random numbers follow from, together with the step
   */
  public static TrainingGraph of(
      Model model,
      Entry entry,
      List<Goal> goals,
      Penalty penalty,
      FineTune settings,
      Collection<Variable> training,
      ImmutableMap<String, Double> rates,
      Collection<Layer> layers,
      long seed) {
    List<TensorRef> logits = goals.stream().map(goal -> goal.head().logits()).toList();
    TrainingForm form =
        TrainingForm.of(
            model, entry.graph(), entry.tensors(), layers, logits, settings.savedPenalties());
    GraphEditor editor = SamePadding.in(form.graph(), entry.tensors()).edit();
    Scope g = new Scope(editor, editor.uniqueName("graft/train"));
    TensorRef weights =
        editor.placeholder(g.name("weights"), DataType.DT_FLOAT, Shape.of(Shape.UNKNOWN));
    TensorRef rate = editor.placeholder(g.name("rate"), DataType.DT_DOUBLE, Shape.scalar());
    TensorRef step = editor.placeholder(g.name("step"), DataType.DT_INT64, Shape.scalar());
    StatelessRandom.replace(editor, form.random(), seed, step);
    StatelessRandom.replaceRest(editor); // the scoring's
    ImmutableList.Builder<TensorRef> targets = ImmutableList.builder();
    List<TensorRef> losses = new ArrayList<>();
    for (Goal goal : goals) {
      Head head = goal.head();
      Scope own = g.in("loss/" + head.name());
      TensorRef wanted = editor.placeholder(own.name("targets"), goal.dtype(), Shape.unknown());
      targets.add(wanted);
      TensorRef answers = form.of(head.logits());
      TensorRef each = goal.objective().perExample(own, answers, wanted, head.units());
      losses.add(weightedMean(own, each, weights, goal.weight()));
    }
    losses.addAll(form.penalties());
    TensorRef mean = penalty.addTo(g.in("penalty"), sum(g.in("loss"), losses), training);
    boolean accumulates = settings.microBatch() < settings.batch();
    Optional<TensorRef> part =
        accumulates
            ? Optional.of(editor.placeholder(g.name("part"), DataType.DT_DOUBLE, Shape.scalar()))
            : Optional.empty();
    TensorRef loss = part.map(p -> g.add("Mul", mean, g.cast(p, editor.dtype(mean)))).orElse(mean);
    String finite = g.op("CheckNumerics").attr("message", NOT_FINITE).input(loss).node();
    letAssignsWait(editor, form.targets(), loss, finite);

    UpdateGraph updated =
        UpdateGraph.of(
            editor.build(),
            loss,
            form.targets().stream().map(TensorRef::of).toList(),
            new Updating(
                settings.optimizer(),
                settings.clipping(),
                rates,
                accumulates,
                ImmutableList.of(finite)),
            training,
            rate,
            step);
    Model extended =
        model.toBuilder()
            .graph(updated.graph())
            .variables(Iterables.concat(model.variables(), updated.slots(), updated.sums()))
            .build();
    ImmutableList.Builder<String> add = ImmutableList.<String>builder().addAll(updated.add());
    ImmutableList.Builder<String> updates = ImmutableList.<String>builder().addAll(updated.nodes());
    (accumulates ? add : updates).addAll(form.targets()); // moving statistics see each run
    return new TrainingGraph(
        extended,
        targets.build(),
        weights,
        part,
        rate,
        step,
        loss,
        updated.gradients(),
        updated.slots(),
        model.variables().stream()
            .filter(variable -> form.moved().contains(variable.node()))
            .collect(ImmutableList.toImmutableList()),
        updated.sums(),
        add.build(),
        updates.build());
  }

  /**
   * Lets what moves statistics wait until the loss is known to be a number. Where a layer is called
   * twice, the loss itself waits for what the first call moves.
   */
  private static void letAssignsWait(
      GraphEditor editor, List<String> targets, TensorRef loss, String finite) {
    Graph graph = editor.build();
    Set<String> assigns = new LinkedHashSet<>(graph.upstream(targets));
    assigns.removeAll(graph.upstream(List.of(loss.node())));
    for (String name : assigns) {
      NodeDef node = graph.node(name);
      if (node.getOp().startsWith("Assign")) {
        editor.replace(node.toBuilder().addInput("^" + finite).build());
      }
    }
  }

  /**
   * As Keras' SUM_OVER_BATCH_SIZE: the weighted sum, divided by the number of examples; times how
   * much the head counts.
   */
  private static TensorRef weightedMean(
      Scope g, TensorRef losses, TensorRef weights, double counts) {
    TensorRef weighted = g.add("Mul", losses, g.cast(weights, g.editor().dtype(losses)));
    TensorRef mean = g.add("Mean", weighted, g.ints(0));
    return counts == 1 ? mean : g.add("Mul", mean, g.scalarLike(mean, counts));
  }

  private static TensorRef sum(Scope g, List<TensorRef> losses) {
    DataType dtype = g.editor().dtype(losses.get(0));
    return losses.size() == 1
        ? losses.get(0)
        : g.addList("AddN", losses.stream().map(loss -> g.cast(loss, dtype)).toList());
  }
}
