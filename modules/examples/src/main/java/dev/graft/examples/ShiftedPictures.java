package dev.graft.examples;

import static dev.graft.surgeon.edit.Edits.freeze;
import static dev.graft.surgeon.edit.Edits.keepHead;
import static dev.graft.surgeon.edit.Edits.replaceHead;
import static dev.graft.surgeon.edit.Edits.unfreeze;

import dev.graft.Graft;
import dev.graft.data.Dataset;
import dev.graft.data.Parts;
import dev.graft.data.Split;
import dev.graft.model.Model;
import dev.graft.surgeon.HeadSpec;
import dev.graft.surgeon.Where;
import dev.graft.trainer.FineTune;
import dev.graft.trainer.Recipe;
import dev.graft.trainer.metric.Evaluation;
import java.nio.file.Path;

/**
 * A network that tells shapes apart learns to tell them in fog: other pictures, the same labels.
 */
public final class ShiftedPictures {

  private ShiftedPictures() {}

  /**
   * Three ways, each scored on pictures that nothing had looked at.
   *
   * @param untouched the network as it was
   * @param newHead with a new head on its features
   * @param tuned with its own head, and the layers below it trained
   */
  public record Result(Evaluation untouched, Evaluation newHead, Evaluation tuned) {}

  /** Teaches the network other pictures of what it knows, from five of each label. */
  public static Result teach(Path network, Path pictures) {
    // docs begin
    Parts fogged = Dataset.imageFolder(pictures).split(Split.of(20, 20, 60).seed(7));
    Model known = Graft.load(network).with(keepHead(fogged.labels()));
    Model kept = known.with(unfreeze(Where.backbone()), freeze(Where.head()));
    Model fresh =
        known.with(freeze(Where.all()), replaceHead(HeadSpec.singleLabel(fogged.labels())));
    FineTune all = FineTune.top().rate(1e-3).epochs(40).patience(10);
    try (Graft graft = Graft.open()) {
      Model tuned = graft.train(kept, fogged, Recipe.headOnly().then(all).seed(7)).model();
      Model newHead = graft.train(fresh, fogged, Recipe.headOnly().seed(7)).model();
      return new Result(
          graft.evaluate(known, fogged.test()),
          graft.evaluate(newHead, fogged.test()),
          graft.evaluate(tuned, fogged.test()));
    }
    // docs end
  }
}
