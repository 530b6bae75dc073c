package dev.graft;

import static dev.graft.surgeon.Edits.freeze;
import static dev.graft.surgeon.Edits.replaceHead;

import dev.graft.data.Dataset;
import dev.graft.data.Split;
import dev.graft.model.Model;
import dev.graft.surgeon.HeadSpec;
import dev.graft.surgeon.Where;
import dev.graft.trainer.Recipe;
import java.nio.file.Path;

/**
 * The main job as a value: a backbone learns the labels of a folder of pictures. The same job gives
 * the same model.
 *
 * @param model the backbone's folder, a SavedModel
 * @param trust whether it may reach outside
 * @param pictures a folder for each label
 * @param split how the pictures are divided
 * @param recipe how the model is trained
 * @param out where versions of it are published
 * @param device where it is computed
 */
public record Job(
    Path model, Trust trust, Path pictures, Split split, Recipe recipe, Path out, Device device) {

  /** The backbone. */
  public Model readBackbone() {
    return Graft.load(model, trust);
  }

  /** The pictures, in the order of their names. */
  public Dataset readPictures() {
    return Dataset.imageFolder(pictures);
  }

  /** {@code backbone} frozen, with a new head for the labels of {@code pictures}. */
  public Model start(Model backbone, Dataset pictures) {
    HeadSpec head = HeadSpec.singleLabel(pictures.labels()).seed(recipe.seed());
    return backbone.with(freeze(Where.all()), replaceHead(head));
  }
}
