package dev.graft.trainer;

import dev.graft.data.Dataset;
import dev.graft.graph.GraphEditor;
import dev.graft.model.BadRequestException;
import dev.graft.model.Internal;
import dev.graft.model.Model;
import dev.graft.runtime.ModelSession;
import dev.graft.runtime.TensorFlowRuntime;

/** Scores a model on examples. */
@Internal
public final class Evaluator {

  private Evaluator() {}

  /** As the other form, with the usual objectives. */
  public static Evaluation evaluate(
      TensorFlowRuntime runtime, Model model, Dataset data, Callback... callbacks) {
    return evaluate(runtime, model, data, Objectives.usual(), callbacks);
  }

  /**
   * Scores {@code model} on all of {@code data}.
   *
   * @throws BadRequestException if the data's answers are not those that the heads give
   */
  public static Evaluation evaluate(
      TensorFlowRuntime runtime,
      Model model,
      Dataset data,
      Objectives objectives,
      Callback... callbacks) {
    Entry entry = Entry.of(model, data);
    GraphEditor editor = entry.graph().edit();
    StatelessRandom.replaceRest(editor);
    Scoring scoring = Scoring.add(editor, Goal.of(model, data, objectives));
    Pace pace =
        new Pace(Callbacks.of(callbacks), Progress.Phase.EVALUATE, "examples", data.size(), 1);
    try (ModelSession session = runtime.open(model, editor.build())) {
      return scoring.score(runtime, session, entry, data, pace);
    }
  }
}
