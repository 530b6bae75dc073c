package dev.graft.examples;

import static dev.graft.surgeon.edit.Edits.freeze;
import static dev.graft.surgeon.edit.Edits.replaceHead;

import dev.graft.Device;
import dev.graft.Graft;
import dev.graft.LiveModel;
import dev.graft.Publication;
import dev.graft.Version;
import dev.graft.answer.Prediction;
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
import java.util.List;

/** The main job in Java. */
public final class Photos {
  private Photos() {}

  /** The score on pictures that nothing had looked at, and the best answers for one picture. */
  public record Result(Evaluation test, Version version, List<Prediction.Score> best) {}

  /** Teaches the backbone the labels of a folder of pictures and publishes it under {@code out}. */
  public static Result teach(Path backboneFolder, Path pictures, Path out, Path picture) {
    // docs begin
    Model backbone = Graft.load(backboneFolder); // no native code yet
    Parts photos = Dataset.imageFolder(pictures).split(Split.of(60, 20, 20).seed(7));
    Model model =
        backbone.with(freeze(Where.all()), replaceHead(HeadSpec.singleLabel(photos.labels())));
    try (Graft graft = Graft.open(Device.AUTO)) { // owns all that is native
      Run run = graft.train(model, photos, Recipe.headOnly().seed(7));
      Evaluation test = graft.evaluate(run.model(), photos.test());
      Version version =
          graft.publish(
              run.model(),
              Publication.to(out).examples(photos.validation()).require("accuracy", 0.80));
      try (LiveModel live = graft.serve(version)) {
        return new Result(test, version, live.classify(picture).top(3));
      }
    }
    // docs end
  }
}
