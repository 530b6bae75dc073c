package dev.graft.trainer.internal.task;

import static java.util.stream.Collectors.joining;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import com.google.common.collect.Iterables;
import dev.graft.data.Batch;
import dev.graft.data.Dataset;
import dev.graft.error.BadRequestException;
import dev.graft.graph.TensorRef;
import dev.graft.model.Head;
import dev.graft.model.Model;
import dev.graft.model.Variable;
import dev.graft.tensor.TensorValue;
import dev.graft.trainer.internal.boxes.BoxGoal;
import dev.graft.trainer.loss.Goal;
import dev.graft.trainer.loss.Objectives;
import dev.graft.trainer.loss.Penalty;
import dev.graft.trainer.metric.Metric;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * What a training or a score is about: a model, what its heads are to do, and how a dataset gets
 * into its graph. It is made once of a model and data, and handed on; with other weights, or fed
 * with features from the middle of the network, it is the same task.
 *
 * @param model the model
 * @param inputs how a batch gets into its graph
 * @param goals what its heads are to do
 * @param penalty what large weights cost
 */
public record Task(Model model, InputBinding inputs, ImmutableList<Goal> goals, Penalty penalty) {

  /**
   * Makes the task of teaching {@code model} what {@code data} say.
   *
   * @throws BadRequestException if heads, answers and objectives do not fit each other, or the data
   *     do not fit the model's inputs
   */
  public static Task of(Model model, Dataset data, Objectives objectives) {
    if (model.heads().isEmpty()) {
      throw new BadRequestException(
          model.name() + " has no head to train; give it one with replaceHead(...).");
    }
    ImmutableList<Goal> joint =
        ImmutableList.<Goal>builder()
            .addAll(Iterables.filter(objectives.goals(), goal -> !(goal instanceof BoxGoal)))
            .addAll(BoxGoal.of(model, data, objectives.goals()))
            .build();
    ImmutableList<Goal> goals =
        ImmutableList.<Goal>builder()
            .addAll(joint)
            .addAll(HeadGoal.of(model, data, objectives.joint(joint)))
            .build();
    return new Task(model, InputBinding.of(model, data), goals, objectives.penalty());
  }

  /**
   * Returns {@code asked} with the goals that were made of the data, so that who is given them
   * scores by the same loss.
   */
  public Objectives objectives(Objectives asked) {
    return asked.joint(goals.stream().filter(goal -> !(goal instanceof HeadGoal)).toList());
  }

  /** Returns this task with other weights in the model. */
  public Task with(Model candidate) {
    return new Task(candidate, inputs, goals, penalty);
  }

  /** Returns this task with its examples entering the graph, or one with more in it, there. */
  public Task fedAt(InputBinding where) {
    return new Task(model, where, goals, penalty);
  }

  /** Returns this task fed with {@code data}: the same examples, or features of them at a cut. */
  public Task fedWith(Dataset data) {
    return inputs.takes(data) ? this : fedAt(InputBinding.of(model, data));
  }

  /** The heads that the goals read. */
  public ImmutableList<Head> heads() {
    return goals.stream()
        .flatMap(goal -> goal.heads().stream())
        .distinct()
        .collect(ImmutableList.toImmutableList());
  }

  /** The goals that are one head's. */
  public ImmutableList<HeadGoal> headGoals() {
    return goals.stream()
        .filter(HeadGoal.class::isInstance)
        .map(HeadGoal.class::cast)
        .collect(ImmutableList.toImmutableList());
  }

  /** What the heads answer. */
  public List<TensorRef> logits() {
    return heads().stream().map(Head::logits).toList();
  }

  /** The nodes of the graph that these answers depend on. */
  public Set<String> needed() {
    return model.graph().upstream(logits().stream().map(TensorRef::node).toList());
  }

  /** The variables that train in the heads. */
  public List<Variable> variables() {
    return variables(goals);
  }

  /**
   * The variables that train between the features and the logits of the heads of {@code some}
   * goals; none where a head is frozen, as one that is kept.
   */
  public List<Variable> variables(List<? extends Goal> some) {
    List<Variable> found = new ArrayList<>();
    for (Goal goal : some) {
      for (Head head : goal.heads()) {
        Set<String> own = head.nodes(model.graph());
        model.variables().stream()
            .filter(v -> own.contains(v.node()))
            .filter(v -> v.trainable() && !v.role().isStatistic())
            .forEach(found::add);
      }
    }
    return found.stream().distinct().toList();
  }

  /** What {@code batch} wants, in the order of the goals and of the targets of each. */
  public List<TensorValue> targets(Batch batch) {
    return goals.stream()
        .flatMap(goal -> goal.targets().stream())
        .map(target -> target.of(batch))
        .toList();
  }

  /** Whether the loss of each example depends on no other example of its batch. */
  public boolean isSeparable() {
    return goals.stream().allMatch(Goal::isSeparable);
  }

  /** Whether all goals learn as well from features of half precision. */
  public boolean takesHalves() {
    return goals.stream().allMatch(Goal::takesHalves);
  }

  /** The metric by which models for this task are compared: one head's accuracy, or the loss. */
  public String metric() {
    return goals.size() == 1
            && headGoals().size() == 1
            && headGoals().get(0).head().kind().targets() == Head.Targets.ONE_LABEL
        ? "accuracy"
        : "loss";
  }

  /** The names of the metrics, as {@link dev.graft.trainer.metric.Evaluation#metrics} has them. */
  public ImmutableSet<String> metrics() {
    ImmutableSet.Builder<String> names = ImmutableSet.builder();
    for (Goal goal : goals) {
      if (goals.size() > 1) {
        names.add(prefix(goal) + "loss");
      }
      goal.metrics().stream().map(Metric::name).forEach(name -> names.add(prefix(goal) + name));
    }
    return names.build();
  }

  /** What stands before the names of a goal's metrics. */
  public String prefix(Goal goal) {
    return goals.size() == 1 ? "" : goal.name() + "/";
  }

  /** Returns what the heads are called, for a person. */
  public String describe() {
    return describe(goals);
  }

  /** Returns what the heads of {@code some} goals are called, for a person. */
  public static String describe(List<? extends Goal> some) {
    List<Head> heads = some.stream().flatMap(goal -> goal.heads().stream()).distinct().toList();
    return (heads.size() == 1 ? "head " : "heads ")
        + heads.stream().map(head -> "'" + head.name() + "'").collect(joining(", "));
  }
}
