package dev.graft.trainer;

import com.google.common.collect.ImmutableList;
import dev.graft.data.Batch;
import dev.graft.data.BrokenPictures;
import dev.graft.data.Dataset;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Scope;
import dev.graft.graph.Shape;
import dev.graft.graph.TensorRef;
import dev.graft.model.BadRequestException;
import dev.graft.model.Head;
import dev.graft.model.Internal;
import dev.graft.model.Model;
import dev.graft.model.TensorValue;
import dev.graft.runtime.ModelSession;
import dev.graft.runtime.PreparedRun;
import dev.graft.runtime.TensorFlowException;
import dev.graft.runtime.TensorFlowRuntime;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** Scores a model on examples. */
@Internal
public final class Evaluator {

  private Evaluator() {}

  /**
   * Scores {@code model} on all of {@code data}.
   *
   * @throws BadRequestException if the model is no classifier with the labels of the data
   */
  public static Evaluation evaluate(
      TensorFlowRuntime runtime, Model model, Dataset data, Callback... callbacks) {
    Head head = Heads.classifier(model, data);
    Entry entry = Entry.of(model, data);
    GraphEditor editor = entry.graph().edit();
    Scope g = new Scope(editor, editor.uniqueName("graft/evaluate"));
    Objective objective = Objective.of(head);
    TensorRef targets =
        editor.placeholder(g.name("targets"), objective.targetType(), Shape.unknown());
    TensorRef losses = objective.perExample(g, head.logits(), targets);
    TensorRef predicted = g.add("ArgMax", head.logits(), g.scalar(1));
    List<TensorRef> feeds = new ArrayList<>(entry.tensors());
    feeds.add(targets);
    Callbacks listener = Callbacks.of(callbacks);
    Pace pace = new Pace(listener, Progress.Phase.EVALUATE, "examples", data.size(), 1);
    ImmutableList.Builder<Integer> answers = ImmutableList.builder();
    double loss = 0;
    try (ModelSession session = runtime.open(model, editor.build());
        PreparedRun run = session.graph().prepare(feeds, List.of(predicted, losses), List.of())) {
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
    try {
      return run.run(values);
    } catch (TensorFlowException e) {
      List<String> broken =
          batch.isEncoded() ? BrokenPictures.in(runtime, data, examples) : List.of();
      throw broken.isEmpty() ? e : BrokenPictures.exception(broken);
    }
  }
}
