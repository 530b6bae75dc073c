package dev.graft.examples;

import static dev.graft.surgeon.edit.Edits.freeze;
import static dev.graft.surgeon.edit.Edits.replaceHead;
import static dev.graft.surgeon.edit.Edits.unfreeze;

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
import dev.graft.trainer.FineTune;
import dev.graft.trainer.Recipe;
import dev.graft.trainer.Run;
import dev.graft.trainer.metric.Evaluation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** A recurrent network that knows machines' vibrations learns to tell when one goes wrong. */
public final class Signals {

  private static final int STEPS = 40;

  private Signals() {}

  /**
   * Teaches the network the labels of a file with a label and 40 values a line.
   *
   * @return how it does on signals that nothing had looked at
   */
  public static Evaluation teach(Path network, Path csv) throws IOException {
    // docs begin
    List<String> rows = Files.readAllLines(csv);
    Labels labels = Labels.of("interrupted", "rising", "steady");
    float[] values = new float[rows.size() * STEPS];
    int[] label = new int[rows.size()];
    for (int row = 0; row < rows.size(); row++) {
      String[] cells = rows.get(row).split(",");
      label[row] = labels.names().indexOf(cells[0]);
      for (int step = 0; step < STEPS; step++) {
        values[row * STEPS + step] = Float.parseFloat(cells[1 + step]);
      }
    }
    Parts signals =
        Dataset.of(
                Map.of("signal", TensorValue.of(Shape.of(rows.size(), STEPS, 1), values)),
                TensorValue.of(Shape.of(rows.size()), label),
                labels)
            .split(Split.of(60, 20, 20).seed(7));
    Model model =
        Graft.load(network)
            .with(
                freeze(Where.all()),
                unfreeze(Where.layer("lstm_*")), // through the loops, back in time
                replaceHead(HeadSpec.singleLabel(labels)));
    FineTune loops = FineTune.top().rate(5e-3).epochs(40).patience(10);
    try (Graft graft = Graft.open()) {
      Run run = graft.train(model, signals, Recipe.headThenTop().then(loops).seed(7));
      return graft.evaluate(run.model(), signals.test());
    }
    // docs end
  }
}
