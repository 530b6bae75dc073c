package dev.graft.examples;

import static dev.graft.surgeon.edit.Edits.freeze;
import static dev.graft.surgeon.edit.Edits.replaceHead;

import dev.graft.Graft;
import dev.graft.data.Dataset;
import dev.graft.data.Parts;
import dev.graft.data.Split;
import dev.graft.model.Labels;
import dev.graft.model.Model;
import dev.graft.surgeon.HeadSpec;
import dev.graft.surgeon.Where;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.trainer.Recipe;
import dev.graft.trainer.Run;
import dev.graft.trainer.metric.Evaluation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** A network that read reviews of films learns to sort what guests write about a hotel. */
public final class Reviews {

  private Reviews() {}

  /**
   * Teaches the network the labels of a table {@code label,text}.
   *
   * @return how it does on sentences that nothing had looked at
   */
  public static Evaluation teach(Path network, Path csv) throws IOException {
    // docs begin
    List<String> rows = Files.readAllLines(csv).stream().skip(1).toList();
    Labels labels = Labels.of("praise", "complaint", "question");
    List<String> texts = rows.stream().map(row -> row.split(",", 2)[1]).toList();
    int[] label =
        rows.stream().mapToInt(row -> labels.names().indexOf(row.split(",")[0])).toArray();
    Parts reviews =
        Dataset.of(
                Map.of("text", TensorValue.texts(Shape.of(rows.size()), texts)),
                TensorValue.of(Shape.of(rows.size()), label),
                labels)
            .split(Split.of(60, 20, 20).seed(7));
    Model model = // its vocabulary comes along, in the graph
        Graft.load(network).with(freeze(Where.all()), replaceHead(HeadSpec.singleLabel(labels)));
    try (Graft graft = Graft.open()) {
      Run run = graft.train(model, reviews, Recipe.headThenTop().seed(7));
      return graft.evaluate(run.model(), reviews.test());
    }
    // docs end
  }
}
