package dev.graft.trainer.fit;

import dev.graft.graph.Graph;
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
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.tensorflow.proto.NodeDef;

/** A model of the zoo that learns with the very answer that it was saved with, as Keras' does. */
final class AsSaved {

  private AsSaved() {}

  /** The model, whose answer gives labels by logits. */
  static Model model(String zoo, Labels labels) {
    return model(Zoo.model(zoo).savedModel(), labels);
  }

  /** The same of any SavedModel; answers after the first are a number each, by their own names. */
  static Model model(Path folder, Labels labels) {
    Model saved = SavedModelImporter.load(folder);
    List<Head> heads = new ArrayList<>();
    saved
        .servingSignature()
        .outputs()
        .forEach(
            (name, output) -> {
              boolean isFirst = heads.isEmpty();
              TensorRef logits = logits(saved.graph(), output.tensor());
              heads.add(
                  new Head(
                      isFirst ? "logits" : name,
                      isFirst ? Head.Kind.SINGLE_LABEL : Head.Kind.REGRESSION,
                      isFirst ? Optional.of(labels) : Optional.empty(),
                      logits,
                      logits,
                      output.tensor(),
                      isFirst ? labels.size() : 1));
            });
    return saved.toBuilder().heads(heads).build();
  }

  /** What is before softmax, if that is how it was saved. */
  private static TensorRef logits(Graph graph, TensorRef output) {
    NodeDef node = graph.node(output.node());
    return switch (node.getOp()) {
      case "Identity" -> logits(graph, TensorRef.parse(node.getInput(0)));
      case "Softmax" -> TensorRef.parse(node.getInput(0));
      default -> output;
    };
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
