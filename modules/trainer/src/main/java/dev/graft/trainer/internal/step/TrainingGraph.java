package dev.graft.trainer.internal.step;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Iterables;
import dev.graft.autodiff.gradient.Gradient;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.model.Model;
import dev.graft.model.Variable;
import dev.graft.runtime.Compute.Kernels;
import dev.graft.tensor.DType;
import dev.graft.tensor.Shape;
import dev.graft.trainer.FineTune;
import dev.graft.trainer.internal.graph.GroupedGradients;
import dev.graft.trainer.internal.graph.SamePadding;
import dev.graft.trainer.internal.graph.StatelessRandom;
import dev.graft.trainer.internal.graph.TrainingForm;
import dev.graft.trainer.internal.mixed.MixedForm;
import dev.graft.trainer.internal.task.Stage;
import dev.graft.trainer.internal.task.Task;
import dev.graft.trainer.loss.Goal;
import java.util.ArrayList;
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
 * @param fed what a run of the step is fed, beside the examples
 * @param step what it runs and changes
 */
public record TrainingGraph(Model model, Fed fed, Step step) {

  /**
   * What a run is fed, beside the examples.
   *
   * @param targets what the examples should give, for the targets of each goal
   * @param weights how much each example counts: float32 [N]
   * @param part which part of the batch this run computes, where gradients of several runs are
   *     added up: float64
   * @param scale by what the loss is multiplied before gradients are taken of it, where they pass
   *     through float16: float64
   * @param rate the learning rate: float64
   * @param updated how many updates were made before: int64
   * @param draw the number that random numbers are drawn by, another for each run: int64
   */
  public record Fed(
      ImmutableList<TensorRef> targets,
      TensorRef weights,
      Optional<TensorRef> part,
      Optional<TensorRef> scale,
      TensorRef rate,
      TensorRef updated,
      TensorRef draw) {}

  /**
   * What is run, and what that changes.
   *
   * @param loss what the step makes small: the weighted mean over the examples, for several heads
   *     their weighted sum, and the penalties; times the part of the batch
   * @param gradients of the loss, by the names of the variables
   * @param slots the variables that the optimizer keeps
   * @param moved the model's variables that layers in training change by themselves: the moving
   *     statistics of BatchNorm
   * @param mixed the form of the step that multiplies in fewer digits, where it does
   * @param sums where gradients of several runs are added up
   * @param add the nodes to run for that, before those of the update; none where each run updates
   * @param updates the nodes to run
   */
  public record Step(
      TensorRef loss,
      ImmutableMap<String, Gradient> gradients,
      ImmutableList<Variable> slots,
      ImmutableList<Variable> moved,
      Optional<MixedForm> mixed,
      ImmutableList<Variable> sums,
      ImmutableList<String> add,
      ImmutableList<String> updates) {}

  /**
   * What a guard says that has an update left out: no weight has changed then, and nothing fails.
   * Moving statistics have seen the micro-batches before that one, as they see each run.
   */
  public static final String LEFT_OUT = "an update of a training is left out";

  /** What TensorFlow says when the loss of a step is no number; nothing has changed then. */
  public static final String NOT_FINITE = "the loss of a training step is not finite";

  /** Adds a training step in float32. */
  public static TrainingGraph of(Task task, Stage stage, StepExtras extras) {
    return of(task, stage, extras, Optional.empty());
  }

  /**
   * Adds a training step.
   *
   * @param task what is trained, its graph maybe with more in it
   * @param stage which of its variables train, and how
   * @param extras what the step does beside
   * @param low in what the graph itself multiplies, where that is not float32
   */
  public static TrainingGraph of(Task task, Stage stage, StepExtras extras, Optional<DType> low) {
    Model model = task.model();
    FineTune settings = stage.settings();
    TrainingForm form =
        TrainingForm.of(
            model,
            task.inputs().graph(),
            task.inputs().tensors(),
            stage.layers(),
            task.logits(),
            settings.savedPenalties());
    GraphEditor editor = SamePadding.in(form.graph(), task.inputs().tensors()).edit();
    Scope g = new Scope(editor, editor.uniqueName("graft/train"));
    TensorRef weights =
        editor.placeholder(g.name("weights"), DataType.DT_FLOAT, Shape.of(Shape.UNKNOWN));
    TensorRef rate = editor.placeholder(g.name("rate"), DataType.DT_DOUBLE, Shape.scalar());
    TensorRef updated = editor.placeholder(g.name("updates"), DataType.DT_INT64, Shape.scalar());
    TensorRef draw = editor.placeholder(g.name("draw"), DataType.DT_INT64, Shape.scalar());
    StatelessRandom.replace(editor, form.random(), stage.seed(), draw);
    StatelessRandom.replaceRest(editor); // the scoring's
    ImmutableList.Builder<TensorRef> targets = ImmutableList.builder();
    TensorRef exact =
        task.penalty()
            .addTo(g.in("penalty"), loss(g, task, form, weights, targets), stage.training());
    Optional<MixedForm> mixed = low.map(dtype -> mixed(editor, task, form, exact, dtype));
    TensorRef mean = mixed.map(m -> m.of(exact)).orElse(exact);
    ImmutableList<String> statistics =
        form.targets().stream()
            .map(node -> mixed.map(m -> m.node(node)).orElse(node))
            .collect(ImmutableList.toImmutableList());
    Optional<TensorRef> part =
        settings.microBatch() < settings.batch()
            ? Optional.of(editor.placeholder(g.name("part"), DataType.DT_DOUBLE, Shape.scalar()))
            : Optional.empty();
    TensorRef loss = part.map(p -> g.add("Mul", mean, g.cast(p, editor.dtype(mean)))).orElse(mean);
    String finite = g.op("CheckNumerics").attr("message", NOT_FINITE).input(loss).node();
    letAssignsWait(editor, statistics, List.of(finite));

    Optional<TensorRef> scale =
        stage.scaled()
            ? Optional.of(editor.placeholder(g.name("scale"), DataType.DT_DOUBLE, Shape.scalar()))
            : Optional.empty();
    List<TensorRef> times = scale.stream().map(s -> g.cast(s, editor.dtype(loss))).toList();
    StepGradients plain =
        StepGradients.of(editor.build(), loss, times, stage.training()).guardedBy(finite);
    StepGradients guarded =
        extras
            .gradients()
            .apply(scale.map(s -> UnscaledGradients.of(plain, s, finite)).orElse(plain));
    StepGradients gradients = withAssignsWaiting(guarded, statistics, finite);
    UpdateGraph updates =
        UpdateGraph.of(
            gradients,
            statistics.stream().map(TensorRef::of).toList(),
            new Updating(
                settings.optimizer(), settings.clipping(), stage.rates(), part.isPresent()),
            rate,
            updated);
    UpdateGraph update = extras.update().apply(updates);
    Model extended =
        model.toBuilder()
            .graph(update.graph())
            .variables(Iterables.concat(model.variables(), update.slots(), update.sums()))
            .build();
    ImmutableList.Builder<String> add = ImmutableList.<String>builder().addAll(update.add());
    ImmutableList.Builder<String> nodes = ImmutableList.<String>builder().addAll(update.nodes());
    (part.isPresent() ? add : nodes).addAll(statistics); // statistics see each run
    return new TrainingGraph(
        extended,
        new Fed(targets.build(), weights, part, scale, rate, updated, draw),
        new Step(
            loss,
            update.gradients(),
            update.slots(),
            model.variables().stream()
                .filter(variable -> form.moved().contains(variable.node()))
                .collect(ImmutableList.toImmutableList()),
            mixed,
            update.sums(),
            add.build(),
            nodes.build()));
  }

  /** The same step in a graph that has more in it. */
  public TrainingGraph in(Graph extended) {
    return new TrainingGraph(model.toBuilder().graph(extended).build(), fed, step);
  }

  private static MixedForm mixed(
      GraphEditor editor, Task task, TrainingForm form, TensorRef loss, DType low) {
    List<TensorRef> answers = task.logits().stream().map(form::of).toList();
    List<String> roots = new ArrayList<>(form.targets());
    roots.add(loss.node());
    return MixedForm.add(editor, task.inputs().tensors(), answers, roots, low);
  }

  /** The nodes that a step runs, in one run or several. */
  public ImmutableList<String> steps() {
    return ImmutableList.<String>builder()
        .addAll(step.add())
        .addAll(step.updates())
        .add(step.loss().node())
        .build();
  }

  /** The model with each of the kernels, the same one where these make no difference. */
  public ImmutableMap<Kernels, Model> models() {
    Graph grouped = GroupedGradients.in(model.graph());
    Graph products = DepthwiseGradients.in(ProductGradients.in(grouped));
    Model byGroups = with(grouped, model);
    return ImmutableMap.of(
        Kernels.TENSORFLOW,
        model,
        Kernels.GROUPED,
        byGroups,
        Kernels.PRODUCTS,
        with(products, byGroups));
  }

  private static Model with(Graph graph, Model model) {
    return graph.equals(model.graph()) ? model : model.toBuilder().graph(graph).build();
  }

  /** Adds the losses of all goals, and those of the layers; the targets to be fed are noted. */
  private static TensorRef loss(
      Scope g,
      Task task,
      TrainingForm form,
      TensorRef weights,
      ImmutableList.Builder<TensorRef> targets) {
    List<TensorRef> losses = new ArrayList<>();
    for (Goal goal : task.goals()) {
      Scope own = g.in("loss/" + goal.name());
      ImmutableList<TensorRef> wanted = goal.placeholders(own);
      List<TensorRef> answers = goal.heads().stream().map(head -> form.of(head.logits())).toList();
      TensorRef each = goal.perExample(own, answers, wanted);
      targets.addAll(wanted);
      losses.add(weightedMean(own, each, weights, goal.weight()));
    }
    losses.addAll(form.penalties());
    return sum(g.in("loss"), losses);
  }

  /**
   * Lets what moves statistics wait for guards: until the loss is known to be a number, and for
   * those of the gradients, too, since what leaves an update out leaves them as they were. Where a
   * layer is called twice, the loss itself waits for what the first call moves.
   */
  private static void letAssignsWait(
      GraphEditor editor, List<String> targets, List<String> guards) {
    Graph graph = editor.build();
    Set<String> assigns = new LinkedHashSet<>(graph.upstream(targets));
    assigns.removeAll(graph.upstream(guards));
    for (String name : assigns) {
      NodeDef node = graph.node(name);
      if (node.getOp().startsWith("Assign")) {
        NodeDef.Builder waiting = node.toBuilder();
        guards.forEach(guard -> waiting.addInput("^" + guard));
        editor.replace(waiting.build());
      }
    }
  }

  /** {@code gradients} with such waiting for their own guards, those beside the loss's. */
  private static StepGradients withAssignsWaiting(
      StepGradients gradients, List<String> targets, String finite) {
    List<String> guards =
        gradients.guards().stream().filter(guard -> !guard.equals(finite)).toList();
    if (guards.isEmpty()) {
      return gradients;
    }
    GraphEditor editor = gradients.graph().edit();
    letAssignsWait(editor, targets, guards);
    return gradients.with(editor.build(), gradients.gradients());
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
