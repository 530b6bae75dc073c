package dev.graft.internal.boxes;

import com.google.common.collect.ImmutableList;
import dev.graft.data.boxes.BoxedPicture;
import dev.graft.model.Labels;
import dev.graft.trainer.boxes.BoxEvaluation;
import dev.graft.trainer.boxes.Detection;
import java.util.List;

/**
 * What was found on some pictures.
 *
 * @param labels what boxes may be of
 * @param pictures with what should be found
 * @param answers on each
 * @param evaluation by COCO's measure
 */
public record BoxFindings(
    Labels labels,
    List<BoxedPicture> pictures,
    List<List<Detection>> answers,
    BoxEvaluation evaluation) {

  public BoxFindings {
    pictures = ImmutableList.copyOf(pictures);
    answers = ImmutableList.copyOf(answers);
  }
}
