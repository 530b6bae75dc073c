package dev.graft.internal.boxes;

import dev.graft.data.Dataset;
import dev.graft.data.Parts;
import dev.graft.data.annotation.Annotations;
import dev.graft.data.boxes.BoxSet;
import dev.graft.data.boxes.BoxViews;
import dev.graft.data.boxes.BoxedPicture;
import dev.graft.model.Labels;
import dev.graft.tensor.TensorValue;
import dev.graft.trainer.FineTune;
import dev.graft.trainer.Recipe;
import dev.graft.trainer.boxes.BoxScoring;
import dev.graft.trainer.boxes.Detection;
import dev.graft.trainer.boxes.Detections;
import dev.graft.trainer.optimizer.Clipping;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * What a job knows of boxes: the set, the size of pictures at which they are found, the views that
 * are learned from, and how a head for boxes is trained.
 *
 * @param set the pictures with their boxes
 * @param flips which ways of mirroring the data allow
 * @param choosing whether what is learned only chooses for a training that follows
 */
public record BoxData(BoxSet set, BoxViews.Flips flips, boolean choosing) {

  private static final int FEWEST_STEPS = 800; // a head learns little in less
  private static final int LOOKS = 48; // at each picture, where there are not too many
  private static final int MOST_STEPS = 6000;
  private static final int BATCH = 8;
  private static final double TOP = 2.0 / 3; // of the blocks: maps for boxes begin far below
  private static final double RATE_BELOW = 3e-4;
  static final int LOOKS_BELOW = 8; // at each picture, by what trains below the head

  /** The boxes in {@code data}, as {@code Annotations} reads them. */
  public static BoxData read(Path data) {
    return new BoxData(Annotations.read(data), BoxViews.Flips.SIDES, false);
  }

  /** The pictures as a dataset. */
  public Dataset dataset() {
    return set.dataset();
  }

  /** The pictures of {@code part} upside down, to see whether that makes a difference. */
  public Dataset upsideDown(Dataset part) {
    return BoxViews.upsideDown(set, part);
  }

  /** The pictures of {@code part} as they are. */
  public Dataset upright(Dataset part) {
    return BoxViews.plain(set, part);
  }

  /** This, with pictures learned from upside down, too. */
  public BoxData turned() {
    return new BoxData(set, BoxViews.Flips.ALL, choosing);
  }

  /**
   * This for a training that only chooses: as many steps on half of the views, which are among
   * those of the training that follows.
   */
  public BoxData forChoosing() {
    return new BoxData(set, flips, true);
  }

  /** {@code parts} as they are learned from: views of what trains. */
  public Parts seen(Parts parts, long seed) {
    return new Parts(
        new BoxViews(views(parts.train().size()) / share(parts.train().size()), flips, seed)
            .of(set, parts.train()),
        BoxViews.plain(set, parts.validation()),
        parts.test(),
        parts.notes());
  }

  /** This with labels counted as {@code order} has them. */
  public BoxData inOrderOf(Labels order) {
    return new BoxData(set.inOrderOf(order), flips, choosing);
  }

  /** All pictures but those of {@code part}. */
  public Dataset without(Dataset part) {
    Dataset all = set.dataset();
    Set<String> names =
        IntStream.range(0, part.size()).mapToObj(part::name).collect(Collectors.toSet());
    return all.subset(
        IntStream.range(0, all.size()).filter(i -> !names.contains(all.name(i))).toArray());
  }

  /** How many views of each of so many pictures: fewer of many. */
  static int views(int pictures) {
    int ways = 8;
    while (ways > 1 && (long) pictures * ways > (long) MOST_STEPS * BATCH) {
      ways /= 2;
    }
    return ways;
  }

  /** One of how many of the views is learned from, of so many pictures. */
  private int share(int pictures) {
    return choosing && views(pictures) > 1 ? 2 : 1;
  }

  /** {@code recipe}, whose epochs are of all views, for as many steps on those that there are. */
  public Recipe onViews(Recipe recipe, int pictures) {
    return ChosenEpochs.ALL.of(recipe, share(pictures));
  }

  /** In how many steps of a batch a head learns from so many pictures. */
  private static double steps(int pictures) {
    return Math.min(Math.max(FEWEST_STEPS, (double) LOOKS * pictures / BATCH), MOST_STEPS);
  }

  /** How often the head looks at some of so many pictures. */
  static double looks(int pictures) {
    return steps(pictures) * BATCH;
  }

  /** {@code recipe} with the usual settings for a head that learns from so many pictures. */
  public static Recipe usual(Recipe recipe, int pictures) {
    double perEpoch = Math.max(1, Math.ceil((double) pictures * views(pictures) / BATCH));
    int epochs = (int) Math.max(1, Math.round(steps(pictures) / perEpoch));
    FineTune head =
        FineTune.head()
            .rate(1e-3)
            .batch(BATCH)
            .epochs(epochs)
            .patience(epochs)
            .clipping(Clipping.byGlobalNorm(10))
            .batchNorm(FineTune.BatchNorm.TRAINING);
    Recipe base = recipe.isAuto() ? Recipe.headOnly() : recipe;
    boolean top = base.name().equals(Recipe.headThenTop().name());
    int passes = Math.max(1, LOOKS_BELOW / views(pictures));
    return base.head(base.head().steps(head))
        .each(stretch -> below(top ? stretch.share(TOP) : stretch, passes));
  }

  /** What trains below the head: faster and for shorter than where one label is answered. */
  private static FineTune below(FineTune stretch, int passes) {
    return stretch.rate(RATE_BELOW).batch(BATCH).epochs(passes).clipping(Clipping.byGlobalNorm(10));
  }

  /** What {@code outputs} of a model find on the pictures of {@code part}. */
  public BoxFindings found(Dataset part, Map<String, TensorValue> outputs) {
    BoxScoring scoring = new BoxScoring(set.labels());
    List<BoxedPicture> pictures = set.of(part);
    List<List<Detection>> answers = new ArrayList<>();
    Detections all = Detections.of(outputs);
    for (int i = 0; i < pictures.size(); i++) {
      BoxedPicture picture = pictures.get(i);
      answers.add(all.on(i, picture.width(), picture.height()));
      scoring.add(picture.boxes(), answers.get(i));
    }
    return new BoxFindings(set.labels(), pictures, answers, scoring.evaluation());
  }
}
