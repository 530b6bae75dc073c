package dev.graft.job;

import static java.util.Objects.requireNonNull;

import dev.graft.Graft;
import dev.graft.data.Dataset;
import dev.graft.data.annotation.Annotations;
import dev.graft.data.boxes.BoxSet;
import dev.graft.data.boxes.BoxViews;
import dev.graft.error.BadRequestException;
import dev.graft.internal.boxes.BoxData;
import dev.graft.model.Head;
import dev.graft.model.Model;
import dev.graft.trainer.TrainOptions;
import dev.graft.trainer.boxes.BoxEvaluation;
import java.nio.file.Path;

/**
 * A model that finds boxes, and pictures on which they are drawn, to score the one on the others.
 */
public final class BoxExam {

  private final Model model;
  private final BoxData boxes;
  private final Dataset pictures;

  private BoxExam(Model model, BoxData boxes, Dataset pictures) {
    this.model = model;
    this.boxes = boxes;
    this.pictures = pictures;
  }

  /** Whether {@code model} finds boxes. */
  public static boolean isFor(Model model) {
    requireNonNull(model, "model");
    return model.heads().size() == 1 && model.heads().get(0).kind() == Head.Kind.BOXES;
  }

  /**
   * The exam of a model on pictures whose boxes are known. Where the data say which part is for
   * testing only that counts.
   *
   * @param data as {@code graft finetune --head boxes} takes it: Pascal VOC, COCO, YOLO, or a table
   *     of boxes
   * @throws BadRequestException if the model finds no boxes, or the data have a label that it does
   *     not know
   */
  public static BoxExam of(Model model, Path data) {
    requireNonNull(model, "model");
    requireNonNull(data, "data");
    if (!isFor(model)) {
      throw new BadRequestException(model.name() + " finds no boxes.");
    }
    BoxSet read = Annotations.read(data);
    BoxSet set = read.inOrderOf(model.heads().get(0).labels().orElse(read.labels()));
    BoxData boxes = BoxData.of(set, BoxViews.Flips.NONE);
    return new BoxExam(model, boxes, set.dataset().scored());
  }

  /** Those that are scored, with notes on what was taken for granted. */
  public Dataset pictures() {
    return pictures;
  }

  /** How well the model finds their boxes, by COCO's measure. */
  public BoxEvaluation score(Graft graft, TrainOptions options) {
    requireNonNull(graft, "graft");
    return boxes.found(pictures, graft.predict(model, pictures, options)).evaluation();
  }
}
