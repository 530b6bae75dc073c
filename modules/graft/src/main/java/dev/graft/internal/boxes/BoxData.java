package dev.graft.internal.boxes;

import dev.graft.data.Dataset;
import dev.graft.data.Parts;
import dev.graft.data.annotation.Annotations;
import dev.graft.data.boxes.BoxSet;
import dev.graft.data.boxes.BoxViews;
import dev.graft.data.boxes.BoxedPicture;
import dev.graft.model.BoxFormat;
import dev.graft.model.Labels;
import dev.graft.tensor.TensorValue;
import dev.graft.trainer.FineTune;
import dev.graft.trainer.Recipe;
import dev.graft.trainer.boxes.BoxScoring;
import dev.graft.trainer.boxes.Detection;
import dev.graft.trainer.boxes.Detections;
import dev.graft.trainer.optimizer.Clipping;
import dev.graft.words.Note;
import dev.graft.words.Remedy;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.ToDoubleFunction;
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

  /** A trial on BCCD, in Keras, gained nothing by more pixels than these. */
  private static final double PIXELS = 512 * 384;

  private static final double MOST_PIXELS = 4 * PIXELS;
  private static final int MULTIPLE = 32; // the coarsest cells
  private static final int CELLS = 3; // that a box is wide, to be found well
  private static final int FEWEST_STEPS = 800; // a head learns little in less
  private static final int LOOKS = 48; // at each picture, where there are not too many
  private static final int MOST_STEPS = 6000;
  private static final int BATCH = 8;
  private static final double TOP = 2.0 / 3; // of the blocks: maps for boxes begin far below
  private static final double RATE_BELOW = 3e-4;
  private static final int LOOKS_BELOW = 8; // at each picture, by what trains below the head

  /** The boxes in {@code data}, as {@code Annotations} reads them. */
  public static BoxData read(Path data) {
    return new BoxData(Annotations.read(data), BoxViews.Flips.SIDES, false);
  }

  /**
   * The pictures as a dataset.
   *
   * @param chosen whether the size was chosen, which is then told
   */
  public Dataset dataset(boolean chosen) {
    Dataset all = set.dataset();
    return chosen ? all.noted(Note.of(sizeWords(size()), Remedy.SIZE)) : all;
  }

  /** The size of pictures that these boxes want. */
  public BoxSize size() {
    double aspect = of(p -> (double) p.width() / p.height());
    double own = of(p -> (double) p.width() * p.height());
    double pixels = Math.min(Math.max(Math.min(own, PIXELS), neededPixels()), MOST_PIXELS);
    double height = Math.sqrt(pixels / aspect);
    return new BoxSize(multiple(height), multiple(height * aspect));
  }

  private double of(ToDoubleFunction<BoxedPicture> each) {
    return BoxInput.median(set.pictures().stream().mapToDouble(each));
  }

  private static int multiple(double side) {
    return Math.max(2, (int) Math.round(side / MULTIPLE)) * MULTIPLE;
  }

  /** So many that the median box of the label with the smallest ones is some cells wide. */
  private double neededPixels() {
    double side = Math.sqrt(smallest()); // as a share, were the picture square
    double wanted = CELLS * BoxFormat.CELL / side;
    return wanted * wanted;
  }

  /** The median share of the picture's area that a box of some label has, of the least label. */
  private double smallest() {
    return IntStream.range(0, set.labels().size())
        .mapToDouble(this::medianArea)
        .filter(area -> area > 0)
        .min()
        .orElse(1);
  }

  private double medianArea(int label) {
    return BoxInput.median(
        set.pictures().stream()
            .flatMapToDouble(
                picture ->
                    picture.boxes().stream()
                        .filter(box -> box.label() == label)
                        .mapToDouble(
                            box -> box.area() / ((double) picture.width() * picture.height()))));
  }

  private String sizeWords(BoxSize size) {
    double cells = Math.sqrt(smallest() * size.height() * size.width()) / BoxFormat.CELL;
    return String.format(
        Locale.ROOT,
        "boxes are found at %d x %d pixels, where the usual box of the smallest label is %.1f"
            + " cells of %d pixels wide",
        size.width(),
        size.height(),
        cells,
        BoxFormat.CELL);
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
  private static int views(int pictures) {
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
    return new ChosenEpochs(List.of()).of(recipe, share(pictures));
  }

  /** {@code recipe} with the usual settings for a head that learns from so many pictures. */
  public static Recipe usual(Recipe recipe, int pictures) {
    double perEpoch = Math.max(1, Math.ceil((double) pictures * views(pictures) / BATCH));
    double steps = Math.min(Math.max(FEWEST_STEPS, (double) LOOKS * pictures / BATCH), MOST_STEPS);
    int epochs = (int) Math.max(1, Math.round(steps / perEpoch));
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
