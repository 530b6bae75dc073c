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
import dev.graft.trainer.Recipe;
import dev.graft.trainer.Run;
import dev.graft.trainer.metric.Evaluation;
import java.nio.file.Path;
import java.util.Map;

/** One backbone answers two questions: which shape, and how large is it. */
public final class TwoAnswers {

  private TwoAnswers() {}

  /**
   * Teaches the network a label and a number.
   *
   * @return how it does on pictures that nothing had looked at
   */
  public static Evaluation teach(Path network, Path csv) {
    // docs begin
    PictureTable table = PictureTable.read(csv); // file,shape,radius
    Parts pictures =
        table
            .with(Map.of("shape", table.oneOf("shape"), "radius", table.numbers("radius")))
            .split(Split.of(60, 20, 20).seed(7));
    Model model =
        Graft.load(network)
            .with(
                freeze(Where.all()),
                replaceHead(
                    HeadSpec.singleLabel(table.oneOf("shape").labels().orElseThrow())
                        .named("shape"),
                    HeadSpec.regression(1).named("radius")));
    try (Graft graft = Graft.open()) {
      Run run = graft.train(model, pictures, Recipe.headOnly().seed(7));
      return graft.evaluate(run.model(), pictures.test());
    }
    // docs end
  }
}
