package dev.graft.examples;

import static dev.graft.surgeon.edit.Edits.freeze;
import static dev.graft.surgeon.edit.Edits.replaceHead;

import dev.graft.Graft;
import dev.graft.data.Parts;
import dev.graft.data.PictureTable;
import dev.graft.data.Split;
import dev.graft.model.Model;
import dev.graft.surgeon.HeadSpec;
import dev.graft.surgeon.Where;
import dev.graft.trainer.FineTune;
import dev.graft.trainer.Recipe;
import dev.graft.trainer.Run;
import dev.graft.trainer.metric.Evaluation;
import java.nio.file.Path;

/** A network learns to say several things of a picture at once: filled, striped, red, large. */
public final class Attributes {

  private Attributes() {}

  /**
   * Teaches the network the attributes of a table.
   *
   * @return how it does on pictures that nothing had looked at
   */
  public static Evaluation teach(Path network, Path csv) {
    // docs begin
    PictureTable table = PictureTable.read(csv); // file,filled,striped,red,large
    Parts pictures = table.with(table.anyOf()).split(Split.of(60, 20, 20).seed(7));
    Model model =
        Graft.load(network)
            .with(freeze(Where.all()), replaceHead(HeadSpec.multiLabel(pictures.labels())));
    FineTune all = FineTune.top().share(1).rate(3e-3).epochs(40).patience(10);
    try (Graft graft = Graft.open()) {
      Run run = graft.train(model, pictures, Recipe.headOnly().then(all).seed(7));
      return graft.evaluate(run.model(), pictures.test());
    }
    // docs end
  }
}
