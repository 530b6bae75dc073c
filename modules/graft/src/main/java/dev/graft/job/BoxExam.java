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
import dev.graft.model.Labels;
import dev.graft.model.Model;
import dev.graft.trainer.TrainOptions;
import dev.graft.trainer.boxes.BoxEvaluation;
import java.nio.file.Path;

/** Scores models that find boxes. */
public final class BoxExam {

  private BoxExam() {}

  /** Whether {@code model} finds boxes. */
  public static boolean isFor(Model model) {
    return model.heads().size() == 1 && model.heads().get(0).kind() == Head.Kind.BOXES;
  }

  /**
   * Scores a model on pictures whose boxes are known, by COCO's measure. Where the data say which
   * part is for testing only that counts.
   *
   * @param data as {@code graft finetune --head boxes} takes it: Pascal VOC, COCO, YOLO, or a table
   *     of boxes
   * @throws BadRequestException if the model finds no boxes, or the data have a label that it does
   *     not know
   */
  public static BoxEvaluation score(Graft graft, Model model, Path data, TrainOptions options) {
    requireNonNull(graft, "graft");
    requireNonNull(data, "data");
    if (!isFor(model)) {
      throw new BadRequestException(model.name() + " finds no boxes.");
    }
    BoxSet read = Annotations.read(data);
    Labels labels = model.heads().get(0).labels().orElse(read.labels());
    BoxSet set = read.inOrderOf(labels);
    Dataset pictures = set.dataset().scored();
    BoxData boxes = new BoxData(set, BoxViews.Flips.NONE);
    return boxes.found(pictures, graft.predict(model, pictures, options)).evaluation();
  }
}
