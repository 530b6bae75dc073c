package dev.graft;

import dev.graft.data.Dataset;
import dev.graft.data.Parts;
import dev.graft.data.Split;
import dev.graft.model.Model;
import dev.graft.trainer.Recipe;
import java.nio.file.Path;

/**
 * The main job as a value: a backbone learns the labels of a folder of pictures. The same job gives
 * the same model.
 *
 * @param model the backbone's folder, a SavedModel
 * @param trust whether it may reach outside
 * @param pictures a folder for each label
 * @param surgery what is done to the backbone before
 * @param split how the pictures are divided
 * @param recipe how the model is trained
 * @param out where versions of it are published
 * @param device where it is computed
 */
public record Job(
    Path model,
    Trust trust,
    Path pictures,
    Surgery surgery,
    Split split,
    Recipe recipe,
    Path out,
    Device device) {

  /** The backbone. */
  public Model readBackbone() {
    return Graft.load(model, trust);
  }

  /** The pictures, in the order of their names. */
  public Dataset readPictures() {
    return Dataset.imageFolder(pictures);
  }

  /** {@code backbone} as it is then trained on {@code pictures}. */
  public Model start(Model backbone, Dataset pictures) {
    return surgery.on(backbone, pictures.labels(), recipe.seed());
  }

  /** {@code parts} with their labels as the head of {@code start} counts them. */
  public static Parts fitting(Parts parts, Model start) {
    return start.heads().get(0).labels().isEmpty()
        ? parts
        : parts.inOrderOf(start.heads().get(0).labels().get());
  }
}
