package dev.graft.trainer;

import com.google.common.collect.ImmutableList;
import dev.graft.data.Batch;
import dev.graft.data.Dataset;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Scope;
import dev.graft.graph.Shape;
import dev.graft.graph.TensorRef;
import dev.graft.model.Head;
import dev.graft.model.TensorValue;
import dev.graft.runtime.ModelSession;
import dev.graft.runtime.PreparedRun;
import dev.graft.runtime.TensorFlowRuntime;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The nodes that score a head on examples.
 *
 * @param targets what the examples should give, to be fed
 * @param losses of each example: [N]
 * @param predicted the index of the label that each example is given: int64 [N]
 */
record Scoring(TensorRef targets, TensorRef losses, TensorRef predicted) {

  /** Adds them to a graph. */
  static Scoring add(GraphEditor editor, Head head, Objective objective) {
    Scope g = new Scope(editor, editor.uniqueName("graft/evaluate"));
    TensorRef targets =
        editor.placeholder(g.name("targets"), objective.targetType(), Shape.unknown());
    TensorRef losses = objective.perExample(g, head.logits(), targets);
    return new Scoring(targets, losses, g.add("ArgMax", head.logits(), g.scalar(1)));
  }

  /** Scores all of {@code data} with the weights that {@code session} has now. */
  Evaluation score(
      TensorFlowRuntime runtime, ModelSession session, Entry entry, Dataset data, Pace pace) {
    List<TensorRef> feeds = new ArrayList<>(entry.tensors());
    feeds.add(targets);
    ImmutableList.Builder<Integer> answers = ImmutableList.builder();
    double loss = 0;
    try (PreparedRun run = session.graph().prepare(feeds, List.of(predicted, losses), List.of())) {
      for (int start = 0; start < data.size(); start += Features.BATCH) {
        pace.before();
        int end = Math.min(start + Features.BATCH, data.size());
        int[] examples = IntStream.range(start, end).toArray();
        List<TensorValue> results = run(runtime, run, entry, data, examples);
        for (long answer : results.get(0).longs()) {
          answers.add((int) answer);
        }
        for (double each : results.get(1).asDoubles()) {
          loss += each;
        }
        pace.advance(examples.length);
      }
    }
    ImmutableList<Integer> actual =
        IntStream.range(0, data.size())
            .mapToObj(data::label)
            .collect(ImmutableList.toImmutableList());
    return new Evaluation(data.labels(), actual, answers.build(), loss / Math.max(1, data.size()));
  }

  private static List<TensorValue> run(
      TensorFlowRuntime runtime, PreparedRun run, Entry entry, Dataset data, int[] examples) {
    Batch batch = data.batch(examples);
    List<TensorValue> values = new ArrayList<>(entry.values(batch));
    values.add(batch.targets());
    return entry.run(runtime, run, values, data, examples);
  }
}
