package dev.graft.examples;

import static dev.graft.surgeon.edit.Edits.addHead;
import static dev.graft.surgeon.edit.Edits.between;
import static dev.graft.surgeon.edit.Edits.cut;
import static dev.graft.surgeon.edit.Edits.encodedInput;
import static dev.graft.surgeon.edit.Edits.freeze;
import static dev.graft.surgeon.edit.Edits.reinitialize;
import static dev.graft.surgeon.edit.Edits.replaceHead;

import dev.graft.Graft;
import dev.graft.model.Model;
import dev.graft.model.TrainingPlan;
import dev.graft.surgeon.HeadSpec;
import dev.graft.surgeon.ModelDiff;
import dev.graft.surgeon.Plans;
import dev.graft.surgeon.Selection;
import dev.graft.surgeon.Where;
import dev.graft.surgeon.edit.Replay;
import dev.graft.trainer.Recipe;
import java.io.PrintStream;
import java.nio.file.Path;

/** The single steps that docs/surgery.md explains, with what they print. */
public final class SurgerySteps {

  private SurgerySteps() {}

  /** Selections are values: made without a model, resolved against one. */
  public static void select(Path network, PrintStream out) {
    // docs begin select
    Model backbone = Graft.load(network);
    Where where = Where.lastBlocks(2).and(Where.ofClass("BatchNormalization"));
    Selection hit = where.in(backbone);
    out.println(where + " hits " + hit.layers().size() + " layers: " + hit.layers());
    // docs end
  }

  /** Plans say which weights train when. */
  public static Recipe plan(Path network, PrintStream out) {
    // docs begin plan
    Model model =
        Graft.load(network)
            .with(freeze(Where.all()), replaceHead(HeadSpec.singleLabel("cat", "dog")));
    TrainingPlan plan = Plans.gradual(model, 3); // or headOnly, topBlocks, topShare, everything
    plan.stretches().forEach(s -> out.println(s.name() + ": " + s.variables().size() + " weights"));
    Recipe recipe = Recipe.headThenTop().along(plan); // for graft.train(model, data, recipe)
    // docs end
    return recipe;
  }

  /** What an operation changed. */
  public static void diff(Path network, PrintStream out) {
    // docs begin diff
    Model before = Graft.load(network);
    Model after = before.with(cut("block14_add"), addHead(HeadSpec.multiLabel("furry", "wild")));
    ModelDiff diff = ModelDiff.between(before, after);
    out.println(diff.layersAdded() + " came, " + diff.layersRemoved().size() + " layers went");
    diff.signatures().forEach(out::println);
    out.println(diff.before().total() + " parameters became " + diff.after().total());
    // docs end
  }

  /** What was done can be done again. */
  public static void replay(Path network, PrintStream out) {
    // docs begin replay
    Model before = Graft.load(network);
    Model after = before.with(freeze(Where.parse("until block13")), encodedInput());
    after.provenance().steps().forEach(out::println);
    Model again = Replay.standard().run(before, after.provenance());
    out.println(ModelDiff.between(after, again));
    // docs end
  }

  /** Repairs. */
  public static Model repair(Path network) {
    // docs begin repair
    Model features = Graft.load(network).with(between("stem_relu6", "block14_add"));
    Model fresh = features.with(reinitialize(Where.lastBlocks(1), 7));
    // docs end
    return fresh;
  }
}
