package dev.graft.trainer.internal.task;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.Sets;
import dev.graft.data.Answers;
import dev.graft.data.Batch;
import dev.graft.data.Dataset;
import dev.graft.error.BadRequestException;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.model.Head;
import dev.graft.model.Labels;
import dev.graft.model.Model;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.trainer.loss.Goal;
import dev.graft.trainer.loss.Losses;
import dev.graft.trainer.loss.Objective;
import dev.graft.trainer.loss.Objectives;
import dev.graft.trainer.metric.HeadTensors;
import dev.graft.trainer.metric.Metric;
import dev.graft.trainer.metric.Metrics;
import dev.graft.words.Remedy;
import dev.graft.words.Words;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tensorflow.proto.DataType;

/**
 * What one head of a model is trained to do.
 *
 * @param head the head
 * @param answers the name under which the data hold its answers
 * @param dtype of these answers
 * @param objective what is made small
 * @param weight how much that counts beside the other heads'
 */
public record HeadGoal(
    Head head, String answers, DataType dtype, Objective objective, double weight) implements Goal {

  /**
   * How far shares may be from adding up to 1: they may come from a table, with few digits, of
   * which each may be off by half of the second.
   */
  private static final double ROUNDING = 0.01;

  /**
   * Returns the goals of the heads that {@code joint} goals do not read: one for each head that the
   * data have answers for. Only an embedding may be left without.
   *
   * @throws BadRequestException if heads, answers and objectives do not fit each other
   */
  static ImmutableList<Goal> of(Model model, Dataset data, Objectives objectives) {
    checkNames(model, objectives);
    Map<String, Answers> answers = data.answers();
    ImmutableList.Builder<Goal> goals = ImmutableList.builder();
    Set<Head> joint = new HashSet<>();
    Set<String> used = new HashSet<>();
    for (Goal goal : objectives.goals()) {
      joint.addAll(goal.heads());
      goal.targets().forEach(target -> used.add(Answers.ofCount(target.key())));
    }
    for (Head head : Sets.difference(new LinkedHashSet<>(model.heads()), joint)) {
      String key = answers.containsKey(Batch.ONLY) ? Batch.ONLY : head.name();
      Answers wanted = answers.get(key);
      if (wanted == null || (key.equals(Batch.ONLY) && !isTheOnly(model, head))) {
        if (head.kind() == Head.Kind.EMBEDDING && model.heads().size() > 1) {
          continue; // an output beside others, which may well be of use without training
        }
        throw new BadRequestException(
            "the data have no answers for head '"
                + head.name()
                + "', "
                + (key.equals(Batch.ONLY)
                    ? "or do not say which head theirs are for: name each head's answers"
                    : "only for " + answers.keySet())
                + "; give them, or drop the head with dropOutput(...).");
      }
      used.add(key);
      goals.add(of(head, key, wanted, objectives));
    }
    Set<String> unused = new HashSet<>(answers.keySet());
    unused.removeAll(used);
    if (!unused.isEmpty()) {
      throw new BadRequestException(
          "the data have answers "
              + (unused.contains(Batch.ONLY) ? "and do not say for which head" : "for " + unused)
              + ", but the heads are "
              + model.heads().stream().map(Head::name).toList()
              + "; name the answers after the heads, or leave them out.");
    }
    return goals.build();
  }

  private static boolean isTheOnly(Model model, Head head) {
    long others =
        model.heads().stream()
            .filter(other -> other != head && other.kind() != Head.Kind.EMBEDDING)
            .count();
    return others == 0 && (model.heads().size() == 1 || head.kind() != Head.Kind.EMBEDDING);
  }

  private static void checkNames(Model model, Objectives objectives) {
    Set<String> named = new HashSet<>(objectives.byHead().keySet());
    named.addAll(objectives.weights().keySet());
    model.heads().forEach(head -> named.remove(head.name()));
    if (!named.isEmpty()) {
      throw new BadRequestException(
          "there are objectives for "
              + named
              + ", but the heads are "
              + model.heads().stream().map(Head::name).toList()
              + "; name one of these.");
    }
  }

  private static HeadGoal of(Head head, String key, Answers wanted, Objectives objectives) {
    Objective objective = objectives.of(head);
    if (!objective.kinds().contains(head.kind())) {
      throw new BadRequestException(
          "the loss "
              + objective
              + " does not fit head '"
              + head.name()
              + "', which is "
              + words(head.kind())
              + "; its usual one is "
              + Objective.of(head.kind())
              + ".");
    }
    checkKind(head, wanted, objective);
    wanted.labels().ifPresent(labels -> checkLabels(head, labels));
    checkClassWeights(head, objective.classWeights());
    return new HeadGoal(
        head, key, wanted.values().dtype().proto(), objective, objectives.weight(head));
  }

  private static void checkKind(Head head, Answers wanted, Objective objective) {
    if (wanted.counts().isPresent()) {
      throw new BadRequestException(
          "head '"
              + head.name()
              + "' would learn the padding of its answers as well, which are padded to "
              + wanted.values()
              + "; give it answers of which each example has all.");
    }
    boolean fits =
        switch (head.kind().targets()) {
          case ONE_LABEL -> wanted.labels().isPresent();
          case ANY_LABELS -> wanted.labels().isPresent() && !wanted.isOneLabel();
          case NUMBERS -> wanted.labels().isEmpty();
          case BOXES -> false; // theirs is a goal of its own
          case LIKENESS ->
              objective.isSeparable() ? wanted.labels().isEmpty() : wanted.isOneLabel();
        };
    if (!fits) {
      throw new BadRequestException(
          "head '"
              + head.name()
              + "' is "
              + words(head.kind())
              + ", but each example of the data has "
              + (wanted.isOneLabel()
                  ? "one label"
                  : wanted.labels().isPresent() ? "any number of labels" : "numbers")
              + "; use "
              + (wanted.isOneLabel()
                  ? "a single-label head"
                  : wanted.labels().isPresent() ? "a multi-label head" : "a regression head")
              + ", or other answers.");
    }
    if (head.kind().targets() == Head.Targets.ONE_LABEL && !wanted.isOneLabel()) {
      checkShares(head, wanted.values());
    }
    Shape shape = wanted.values().shape();
    if (wanted.labels().isEmpty() && shape.dim(0, 1).elements() % head.units() != 0) {
      throw new BadRequestException(
          "head '"
              + head.name()
              + "' gives "
              + head.units()
              + " numbers for each example, but the data have "
              + wanted.values()
              + "; make the head of that size.");
    }
  }

  /** Softmax gives shares that add up to 1, so those to be learned have to do that, too. */
  private static void checkShares(Head head, TensorValue values) {
    double[] shares = values.asDoubles();
    int units = (int) Math.max(1, values.shape().dim(-1));
    for (int row = 0; row < shares.length; row += units) {
      double[] own = Arrays.copyOfRange(shares, row, row + units);
      double sum = Arrays.stream(own).sum();
      if (!(Math.abs(sum - 1) <= Math.max(ROUNDING, units * ROUNDING / 2))
          || Arrays.stream(own).anyMatch(share -> share < 0)) {
        throw new BadRequestException(
            "head '"
                + head.name()
                + "' chooses one label, so the shares of the labels in an example add up to 1, but"
                + " row "
                + row / units
                + " of the answers adds up to "
                + sum
                + "; use a multi-label head if any number of labels may hold (one with linear"
                + " outputs can be kept as such), or other answers.",
            Remedy.KEEP_MULTI_LABEL);
      }
    }
  }

  private static void checkLabels(Head head, Labels labels) {
    boolean hasOrder = head.units() > 1; // that of one output is no question
    if (head.labels().isEmpty() && head.kind() != Head.Kind.EMBEDDING && hasOrder) {
      throw new BadRequestException(
          "nobody told what the "
              + head.units()
              + " outputs of head '"
              + head.name()
              + "' mean, and the order of the data's labels "
              + labels.names()
              + " need not be theirs; say it, in the order of the outputs.",
          Remedy.LABELS_OF_OUTPUTS);
    }
    if (head.labels().isPresent() && !head.labels().get().equals(labels)) {
      throw new BadRequestException(
          "the head knows the labels "
              + head.labels().get().names()
              + ", the data have "
              + labels.names()
              + "; make the head for the data's labels.");
    }
    if (head.kind() != Head.Kind.EMBEDDING && head.units() != labels.size()) {
      throw new BadRequestException(
          "head '"
              + head.name()
              + "' has "
              + head.units()
              + " outputs, but the data have "
              + labels.size()
              + " labels; replace the head by one for these labels.");
    }
  }

  private static void checkClassWeights(Head head, List<Double> weights) {
    if (!weights.isEmpty() && weights.size() != head.units()) {
      throw new BadRequestException(
          "the class weights "
              + weights
              + " of head '"
              + head.name()
              + "' are not one for each of its "
              + head.units()
              + " labels; give that many, in the order of the labels, or none.");
    }
  }

  /** Whether the head is taught numbers, not labels. */
  public boolean givesNumbers() {
    return head.kind() == Head.Kind.REGRESSION
        || (head.kind() == Head.Kind.EMBEDDING && objective.isSeparable());
  }

  private static String words(Head.Kind kind) {
    return Words.of(kind);
  }

  @Override
  public String name() {
    return head.name();
  }

  @Override
  public String identity() {
    return head.name() + ": " + objective + " x " + weight;
  }

  @Override
  public ImmutableList<Head> heads() {
    return ImmutableList.of(head);
  }

  @Override
  public ImmutableList<Target> targets() {
    return ImmutableList.of(new Target(answers, dtype));
  }

  @Override
  public TensorRef perExample(Scope g, List<TensorRef> logits, List<TensorRef> targets) {
    HeadTensors own = new HeadTensors(g, logits.get(0), targets.get(0), head.units());
    return objective.loss(new Losses(own));
  }

  @Override
  public ImmutableList<Metric> metrics() {
    return Metrics.of(head);
  }

  @Override
  public boolean isSeparable() {
    return objective.isSeparable();
  }

  @Override
  public boolean weighsLabels() {
    return !objective.classWeights().isEmpty();
  }
}
