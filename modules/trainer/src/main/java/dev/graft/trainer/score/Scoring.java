package dev.graft.trainer.score;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import dev.graft.data.Answers;
import dev.graft.data.Batch;
import dev.graft.data.Dataset;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.model.Head;
import dev.graft.model.Labels;
import dev.graft.runtime.ModelSession;
import dev.graft.runtime.PreparedRun;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.trainer.internal.task.Entry;
import dev.graft.trainer.internal.task.Goal;
import dev.graft.trainer.internal.task.Order;
import dev.graft.trainer.listener.Pace;
import dev.graft.trainer.metric.Classification;
import dev.graft.trainer.metric.Evaluation;
import dev.graft.trainer.metric.LabelScore;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * The nodes that score a model's heads on examples.
 *
 * @param heads one for each goal
 * @param atOnce so many examples at most are computed in one run
 */
public record Scoring(ImmutableList<OfHead> heads, int atOnce) {

  /** Examples scored together where the loss of each depends on the others. */
  private static final int TOGETHER = 64;

  /**
   * How one head is scored.
   *
   * @param goal what it should do
   * @param targets what the examples should give, to be fed
   * @param losses of each example: [N]
   * @param tallies what its metrics are made of
   * @param predicted the index of the label that each example is given: int64 [N]; for single
   *     labels only
   */
  record OfHead(
      Goal goal,
      TensorRef targets,
      TensorRef losses,
      Tallies tallies,
      Optional<TensorRef> predicted) {}

  /**
   * Adds them to a graph.
   *
   * @param room for so many examples at once there is memory, or for more
   */
  public static Scoring add(GraphEditor editor, List<Goal> goals, int room) {
    Scope all = new Scope(editor, editor.uniqueName("graft/evaluate"));
    ImmutableList.Builder<OfHead> heads = ImmutableList.builder();
    for (Goal goal : goals) {
      Head head = goal.head();
      Scope g = goals.size() == 1 ? all : all.in(head.name());
      TensorRef targets = editor.placeholder(g.name("targets"), goal.dtype(), Shape.unknown());
      TensorRef losses = goal.objective().perExample(g, head.logits(), targets, head.units());
      Tallies tallies = Tallies.add(g.in("metrics"), goal, targets);
      Optional<TensorRef> predicted =
          head.kind() == Head.Kind.SINGLE_LABEL
              ? Optional.of(g.add("ArgMax", head.logits(), g.scalar(-1)))
              : Optional.empty();
      heads.add(new OfHead(goal, targets, losses, tallies, predicted));
    }
    boolean together = goals.stream().anyMatch(goal -> !goal.objective().isSeparable());
    int usual = together ? TOGETHER : Batch.SCORED;
    return new Scoring(heads.build(), room < Batch.SCORED ? room : usual);
  }

  /** The names of the metrics of a model's heads, as {@link Evaluation#metrics} has them. */
  public static ImmutableSet<String> metrics(List<Goal> goals) {
    ImmutableSet.Builder<String> names = ImmutableSet.builder();
    for (Goal goal : goals) {
      if (goals.size() == 1) {
        names.addAll(Tallies.metrics(goal.head()));
      } else {
        String prefix = goal.head().name() + "/";
        names.add(prefix + "loss");
        Tallies.metrics(goal.head()).forEach(name -> names.add(prefix + name));
      }
    }
    return names.build();
  }

  /** Scores all of {@code data} with the weights that {@code session} has now. */
  public Evaluation score(
      TensorFlowRuntime runtime, ModelSession session, Entry entry, Dataset data, Pace pace) {
    List<TensorRef> feeds = new ArrayList<>(entry.tensors());
    List<TensorRef> fetches = new ArrayList<>();
    boolean keepsAnswers =
        heads.size() == 1 && heads.get(0).predicted().isPresent() && data.isOneLabel();
    for (OfHead head : heads) {
      feeds.add(head.targets());
      fetches.add(head.losses());
      fetches.addAll(head.tallies().sums());
    }
    if (keepsAnswers) {
      fetches.add(heads.get(0).predicted().orElseThrow());
    }
    float[] counts = data.weights().floats();
    Integer[] answers = new Integer[data.size()];
    double[][] sums = new double[fetches.size()][];
    boolean together = heads.stream().anyMatch(head -> !head.goal().objective().isSeparable());
    try (PreparedRun run = session.graph().prepare(feeds, fetches, List.of())) {
      for (int[] examples : together ? shuffled(data.size()) : inOrder(data.size())) {
        pace.before();
        List<TensorValue> results = run(runtime, run, entry, data, examples);
        int next = 0;
        for (OfHead head : heads) {
          double[] losses = results.get(next).asDoubles();
          double loss =
              IntStream.range(0, losses.length)
                  .mapToDouble(i -> counts[examples[i]] * losses[i])
                  .sum();
          add(sums, next++, new double[] {loss});
          for (int i = 0; i < head.tallies().sums().size(); i++) {
            add(sums, next, results.get(next++).asDoubles());
          }
        }
        if (keepsAnswers) {
          long[] predicted = results.get(next).longs();
          for (int i = 0; i < examples.length; i++) {
            answers[examples[i]] = (int) predicted[i];
          }
        }
        pace.advance(examples.length);
      }
    }
    return evaluation(data, sums, keepsAnswers ? Optional.of(answers) : Optional.empty());
  }

  /** For examples that are compared with each other: data often come label by label. */
  private List<int[]> shuffled(int size) {
    Order order = new Order(size, atOnce, 0);
    return IntStream.range(0, order.batches()).mapToObj(order::batch).toList();
  }

  private List<int[]> inOrder(int size) {
    List<int[]> batches = new ArrayList<>();
    for (int start = 0; start < size; start += atOnce) {
      int[] batch = new int[Math.min(atOnce, size - start)];
      for (int i = 0; i < batch.length; i++) {
        batch[i] = start + i;
      }
      batches.add(batch);
    }
    return batches;
  }

  private static void add(double[][] sums, int at, double[] more) {
    if (sums[at] == null) {
      sums[at] = more.clone();
      return;
    }
    for (int i = 0; i < more.length; i++) {
      sums[at][i] += more[i];
    }
  }

  private Evaluation evaluation(Dataset data, double[][] sums, Optional<Integer[]> answers) {
    ImmutableMap.Builder<String, Double> metrics = ImmutableMap.builder();
    ImmutableMap.Builder<String, ImmutableList<LabelScore>> labels = ImmutableMap.builder();
    double total = 0;
    int next = 0;
    for (OfHead head : heads) {
      String prefix = heads.size() == 1 ? "" : head.goal().head().name() + "/";
      double loss = data.size() == 0 ? 0 : sums[next][0] / data.size();
      total += head.goal().weight() * loss;
      int from = next + 1;
      next = from + head.tallies().sums().size();
      if (heads.size() > 1) {
        metrics.put(prefix + "loss", loss);
      }
      if (data.size() > 0) {
        List<double[]> own = Arrays.asList(sums).subList(from, next);
        head.tallies()
            .metrics()
            .of(own)
            .forEach((name, value) -> metrics.put(prefix + name, value));
        Optional<Labels> names =
            Optional.ofNullable(data.answers().get(head.goal().answers())).flatMap(Answers::labels);
        if (head.tallies().ofLabels() && names.isPresent()) {
          labels.put(head.goal().head().name(), head.tallies().labels(names.get(), own));
        }
      }
    }
    Optional<Classification> classification =
        answers.map(
            predicted -> {
              ImmutableList.Builder<Integer> actual = ImmutableList.builder();
              for (int i = 0; i < data.size(); i++) {
                actual.add(data.label(i));
              }
              return new Classification(
                  data.labels(), actual.build(), ImmutableList.copyOf(predicted));
            });
    return new Evaluation(
        data.size(), total, metrics.buildOrThrow(), labels.buildOrThrow(), classification);
  }

  private List<TensorValue> run(
      TensorFlowRuntime runtime, PreparedRun run, Entry entry, Dataset data, int[] examples) {
    Batch batch = data.batch(examples);
    List<TensorValue> values = new ArrayList<>(entry.values(batch));
    heads.forEach(head -> values.add(head.goal().targets(batch)));
    return entry.run(runtime, run, values, data, examples);
  }
}
