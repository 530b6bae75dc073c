package dev.graft.trainer.fit;

import dev.graft.graph.TensorRef;
import dev.graft.importer.SavedModelImporter;
import dev.graft.model.Head;
import dev.graft.model.Labels;
import dev.graft.model.Model;
import dev.graft.testkit.Zoo;
import dev.graft.trainer.EarlyStop;
import dev.graft.trainer.FineTune;
import dev.graft.trainer.internal.task.Stage;
import dev.graft.trainer.internal.task.Task;
import dev.graft.trainer.optimizer.Optimizer;
import dev.graft.trainer.optimizer.Schedule;
import java.util.List;
import java.util.Optional;

/** A model of the zoo that learns with the very answer that it was saved with, as Keras' does. */
final class AsSaved {

  private AsSaved() {}

  /** The model, whose answer gives labels by logits. */
  static Model model(String zoo, Labels labels) {
    Model saved = SavedModelImporter.load(Zoo.model(zoo).savedModel());
    TensorRef logits = saved.servingSignature().outputs().values().iterator().next().tensor();
    Head head =
        new Head(
            "logits",
            Head.Kind.SINGLE_LABEL,
            Optional.of(labels),
            logits,
            logits,
            logits,
            labels.size());
    return saved.toBuilder().heads(List.of(head)).build();
  }

  /** One epoch of gradient descent with momentum, at a rate that does not change. */
  static FineTune momentum(double rate, int batch) {
    return FineTune.top()
        .optimizer(Optimizer.sgd(0.9))
        .schedule(Schedule.constant())
        .rate(rate)
        .batch(batch)
        .epochs(1)
        .stop(EarlyStop.never());
  }

  /** A stretch in which all that can train does, and nothing behaves as in training. */
  static Stage stage(Task task, FineTune settings) {
    String words = "all of " + task.model().name() + " as it was saved";
    return Stage.of(1, words, settings, task.model().trainableVariables());
  }
}
