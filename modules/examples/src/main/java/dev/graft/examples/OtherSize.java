package dev.graft.examples;

import static dev.graft.surgeon.edit.Edits.freeze;
import static dev.graft.surgeon.edit.Edits.greyFirstKernel;
import static dev.graft.surgeon.edit.Edits.inputSize;
import static dev.graft.surgeon.edit.Edits.replaceHead;

import dev.graft.Graft;
import dev.graft.data.Dataset;
import dev.graft.data.Parts;
import dev.graft.data.Split;
import dev.graft.model.Model;
import dev.graft.surgeon.HeadSpec;
import dev.graft.surgeon.Where;
import dev.graft.trainer.Recipe;
import dev.graft.trainer.Run;
import dev.graft.trainer.metric.Evaluation;
import java.nio.file.Path;

/** A network for 32x32 colour pictures learns from grey ones of 128x128. */
public final class OtherSize {

  private OtherSize() {}

  /**
   * Teaches the network what grey pictures show.
   *
   * @return how it does on pictures that nothing had looked at
   */
  public static Evaluation teach(Path network, Path pictures) {
    // docs begin
    Model backbone = Graft.load(network); // float32 [?, 32, 32, 3]
    Parts grey = Dataset.imageFolder(pictures).split(Split.of(60, 20, 20).seed(7));
    Model model =
        backbone.with(
            inputSize(128, 128), // the same weights over more positions
            greyFirstKernel(), // the first kernel summed over red, green and blue
            freeze(Where.all()),
            replaceHead(HeadSpec.singleLabel(grey.labels())));
    try (Graft graft = Graft.open()) {
      Run run = graft.train(model, grey, Recipe.headOnly().seed(7));
      return graft.evaluate(run.model(), grey.test());
    }
    // docs end
  }
}
