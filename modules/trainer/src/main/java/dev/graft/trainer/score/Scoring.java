package dev.graft.trainer.score;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import dev.graft.data.Answers;
import dev.graft.data.Batch;
import dev.graft.data.Dataset;
import dev.graft.error.Internal;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.GraphPart;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.model.Head;
import dev.graft.model.Labels;
import dev.graft.runtime.ModelSession;
import dev.graft.runtime.PreparedRun;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.trainer.internal.task.HeadGoal;
import dev.graft.trainer.internal.task.InputBinding;
import dev.graft.trainer.internal.task.Order;
import dev.graft.trainer.internal.task.Task;
import dev.graft.trainer.internal.watch.Pace;
import dev.graft.trainer.loss.Goal;
import dev.graft.trainer.metric.Classification;
import dev.graft.trainer.metric.Evaluation;
import dev.graft.trainer.metric.Judged;
import dev.graft.trainer.metric.LabelMarks;
import dev.graft.trainer.metric.LabelScore;
import dev.graft.trainer.metric.Metric;
import dev.graft.trainer.metric.Metrics;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The nodes that score a task on examples.
 *
 * @param task what is scored
 * @param goals one for each goal of the task
 * @param atOnce so many examples at most are computed in one run
 */
@Internal
public record Scoring(Task task, ImmutableList<Scored> goals, int atOnce) {

  /** Examples scored together where the loss of each depends on the others. */
  private static final int TOGETHER = 64;

  /**
   * How one goal is scored.
   *
   * @param goal what should be done
   * @param targets what the examples should give, to be fed
   * @param losses of each example: [N]
   * @param sums what its metrics are made of
   * @param labels what was answered; none for goals without labels
   */
  record Scored(
      Goal goal,
      ImmutableList<TensorRef> targets,
      TensorRef losses,
      ImmutableMap<Metric, ImmutableList<TensorRef>> sums,
      Optional<LabelMarks> labels) {

    static Scored add(Scope g, Goal goal) {
      ImmutableList<TensorRef> targets = goal.placeholders(g);
      List<TensorRef> logits = goal.heads().stream().map(Head::logits).toList();
      TensorRef losses = goal.perExample(g, logits, targets);
      Judged batch = new Judged(g.in("metrics"), goal.heads(), targets);
      ImmutableMap.Builder<Metric, ImmutableList<TensorRef>> sums = ImmutableMap.builder();
      goal.metrics().forEach(each -> sums.put(each, ImmutableList.copyOf(each.sums(batch))));
      boolean ofLabels = goal instanceof HeadGoal one && Metrics.isOfLabels(one.head());
      return new Scored(
          goal,
          targets,
          losses,
          sums.buildOrThrow(),
          ofLabels ? Optional.of(LabelMarks.of(batch)) : Optional.empty());
    }
  }

  /**
   * Adds them to a graph.
   *
   * @param room for so many examples at once there is memory, or for more
   * @param onGpu whether a GPU scores
   */
  public static Scoring add(GraphEditor editor, Task task, int room, boolean onGpu) {
    Scope all = new Scope(editor, editor.uniqueName("graft/evaluate"));
    ImmutableList.Builder<Scored> goals = ImmutableList.builder();
    for (Goal goal : task.goals()) {
      goals.add(Scored.add(task.goals().size() == 1 ? all : all.in(goal.name()), goal));
    }
    int most = Batch.scored(room, onGpu);
    boolean isFree = task.isSeparable() || room < Batch.SCORED;
    return new Scoring(task, goals.build(), isFree ? most : TOGETHER);
  }

  /** The same, in a graph where examples are fed elsewhere. */
  public Scoring fedAt(InputBinding inputs) {
    return new Scoring(task.fedAt(inputs), goals, atOnce);
  }

  /**
   * {@code graph} with only what it takes to score the task on {@code data}: a session of that
   * opens sooner.
   */
  Graph alone(Graph graph, Dataset data) {
    Set<String> roots = new LinkedHashSet<>();
    feeds().forEach(tensor -> roots.add(tensor.node()));
    fetches().forEach(tensor -> roots.add(tensor.node()));
    predicted().ifPresent(tensor -> roots.add(tensor.node()));
    Set<String> first = graph.upstream(task.model().initializers());
    roots.addAll(task.model().initializers());
    Map<TensorRef, Shape> fed = new LinkedHashMap<>();
    if (task.inputs().pictures().isEmpty() && data.size() > 0) {
      List<TensorValue> values = task.inputs().values(data.batch(new int[] {0}));
      for (int i = 0; i < values.size(); i++) {
        TensorRef tensor = task.inputs().tensors().get(i);
        Shape one = values.get(i).shape();
        if (!first.contains(tensor.node())) { // which runs without being fed
          fed.put(tensor, one.rank() > 0 ? one.dim(0, Shape.UNKNOWN) : one);
        }
      }
    }
    return GraphPart.between(graph, fed, roots);
  }

  /** The nodes that a score is read from. */
  public List<String> nodes() {
    return Stream.concat(fetches().stream(), predicted().stream()).map(TensorRef::node).toList();
  }

  private List<TensorRef> feeds() {
    List<TensorRef> feeds = new ArrayList<>(task.inputs().tensors());
    goals.forEach(goal -> feeds.addAll(goal.targets()));
    return feeds;
  }

  /** Scores all of {@code data} with the weights that {@code session} has now. */
  public Evaluation score(
      TensorFlowRuntime runtime, ModelSession session, Dataset data, Pace pace) {
    Optional<TensorRef> predicted = predicted().filter(tensor -> data.isOneLabel());
    List<TensorRef> fetches = new ArrayList<>(fetches());
    predicted.ifPresent(fetches::add);
    float[] counts = data.weights().floats();
    int[] answers = new int[data.size()];
    Sums sums = new Sums();
    try (PreparedRun run = session.graph().prepare(feeds(), fetches, List.of())) {
      for (int[] examples : task.isSeparable() ? inOrder(data.size()) : shuffled(data.size())) {
        pace.before();
        Batch batch = data.batch(examples);
        List<TensorValue> values = new ArrayList<>(task.inputs().values(batch));
        values.addAll(task.targets(batch));
        List<TensorValue> results = task.inputs().run(runtime, run, values, data, examples);
        for (int i = 0; i < fetches.size(); i++) {
          if (predicted.isPresent() && i == fetches.size() - 1) {
            int[] given = results.get(i).ints();
            IntStream.range(0, examples.length).forEach(k -> answers[examples[k]] = given[k]);
          } else {
            double[] each = results.get(i).asDoubles();
            sums.add(
                fetches.get(i), isLoss(fetches.get(i)) ? weighted(each, examples, counts) : each);
          }
        }
        pace.advance(examples.length);
      }
    }
    return evaluation(data, sums, predicted.map(tensor -> answers));
  }

  /** What is fetched of each batch, each tensor once. */
  private Set<TensorRef> fetches() {
    Set<TensorRef> all = new LinkedHashSet<>();
    for (Scored goal : goals) {
      all.add(goal.losses());
      goal.sums().values().forEach(all::addAll);
      goal.labels().ifPresent(marks -> all.addAll(marks.sums()));
    }
    return all;
  }

  /** The index of the label that each example is given; of a task of one head that gives one. */
  private Optional<TensorRef> predicted() {
    return task.goals().size() == 1
            && task.headGoals().size() == 1
            && task.heads().get(0).kind().targets() == Head.Targets.ONE_LABEL
        ? goals.get(0).labels().map(LabelMarks::answered)
        : Optional.empty();
  }

  private boolean isLoss(TensorRef tensor) {
    return goals.stream().anyMatch(goal -> goal.losses().equals(tensor));
  }

  /** The sum of losses, each times how much its example counts. */
  private static double[] weighted(double[] losses, int[] examples, float[] counts) {
    double sum =
        IntStream.range(0, losses.length).mapToDouble(i -> counts[examples[i]] * losses[i]).sum();
    return new double[] {sum};
  }

  /** For examples that are compared with each other: data often come label by label. */
  private List<int[]> shuffled(int size) {
    Order order = new Order(size, atOnce, 0);
    return IntStream.range(0, order.batches()).mapToObj(order::batch).toList();
  }

  private List<int[]> inOrder(int size) {
    List<int[]> batches = new ArrayList<>();
    for (int start = 0; start < size; start += atOnce) {
      batches.add(IntStream.range(start, Math.min(size, start + atOnce)).toArray());
    }
    return batches;
  }

  /** Sums over all batches, by the tensors that give those of a batch. */
  private static final class Sums {
    private final Map<TensorRef, double[]> all = new LinkedHashMap<>();

    void add(TensorRef tensor, double[] more) {
      double[] sum = all.computeIfAbsent(tensor, k -> new double[more.length]);
      for (int i = 0; i < more.length; i++) {
        sum[i] += more[i];
      }
    }

    List<double[]> of(List<TensorRef> tensors) {
      return tensors.stream().map(tensor -> all.getOrDefault(tensor, new double[1])).toList();
    }
  }

  private Evaluation evaluation(Dataset data, Sums sums, Optional<int[]> answers) {
    ImmutableMap.Builder<String, Double> metrics = ImmutableMap.builder();
    ImmutableMap.Builder<String, List<LabelScore>> labels = ImmutableMap.builder();
    ImmutableSet.Builder<String> smallerIsBetter = ImmutableSet.builder();
    double total = 0;
    for (Scored scored : goals) {
      Goal goal = scored.goal();
      String prefix = task.prefix(goal);
      double loss = sums.of(List.of(scored.losses())).get(0)[0] / Math.max(1, data.size());
      total += goal.weight() * loss;
      if (goals.size() > 1) {
        metrics.put(prefix + "loss", loss);
      }
      if (data.size() > 0) {
        scored
            .sums()
            .forEach((each, of) -> metrics.put(prefix + each.name(), each.of(sums.of(of))));
        names(data, goal)
            .ifPresent(
                names ->
                    scored
                        .labels()
                        .map(marks -> LabelScore.of(names, sums.of(marks.sums())))
                        .ifPresent(scores -> labels.put(goal.name(), scores)));
      }
      goal.metrics().stream()
          .filter(Metric::isSmallerBetter)
          .forEach(each -> smallerIsBetter.add(prefix + each.name()));
    }
    return new Evaluation(
        data.size(),
        total,
        metrics.buildOrThrow(),
        labels.buildOrThrow(),
        answers.map(predicted -> Classification.of(data, predicted)),
        smallerIsBetter.build());
  }

  /** The labels that the data have for the first target of a goal. */
  private static Optional<Labels> names(Dataset data, Goal goal) {
    return Optional.ofNullable(data.answers().get(goal.targets().get(0).key()))
        .flatMap(Answers::labels);
  }
}
