package dev.graft.examples;

import static dev.graft.surgeon.edit.Edits.freeze;
import static dev.graft.surgeon.edit.Edits.keepHead;
import static dev.graft.surgeon.edit.Edits.replaceHead;

import dev.graft.Graft;
import dev.graft.Version;
import dev.graft.data.Dataset;
import dev.graft.data.Parts;
import dev.graft.data.Split;
import dev.graft.model.Labels;
import dev.graft.model.Model;
import dev.graft.surgeon.HeadSpec;
import dev.graft.surgeon.Where;
import dev.graft.trainer.Recipe;
import dev.graft.trainer.Run;
import dev.graft.trainer.metric.Evaluation;
import java.nio.file.Path;

/** A published model learns two labels more, and is published as the next version. */
public final class MoreLabels {

  private MoreLabels() {}

  /**
   * What came of it.
   *
   * @param before the first version, on pictures of the labels that it knows
   * @param after the second version, on the same pictures
   * @param all the second version, on pictures of all labels
   */
  public record Result(Evaluation before, Evaluation after, Evaluation all) {}

  /**
   * Publishes a first version that knows what the network knows, then one that knows all labels of
   * {@code pictures}.
   *
   * @param known what the network tells apart, in the order of its outputs
   */
  public static Result teach(Path network, Labels known, Path pictures, Path serving) {
    Parts all = Dataset.imageFolder(pictures).split(Split.of(40, 20, 40).seed(7));
    try (Graft graft = Graft.open()) {
      Version first = graft.publish(Graft.load(network).with(keepHead(known)), serving);

      // docs begin
      Model published = Graft.load(serving); // the newest version, with its labels
      Model model =
          published.with(
              freeze(Where.all()), replaceHead(HeadSpec.singleLabel(all.labels()).carryOver()));
      Run run = graft.train(model, all, Recipe.headOnly().seed(7));
      Version second = graft.publish(run.model(), serving);
      // docs end

      Model old = Graft.load(first.path());
      Model now = Graft.load(second.path());
      Dataset oldPictures = all.test().only(known);
      return new Result(
          graft.evaluate(old, oldPictures),
          graft.evaluate(now, oldPictures.inOrderOf(all.labels())),
          graft.evaluate(now, all.test()));
    }
  }
}
