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
import dev.graft.words.Note;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * What a job knows of boxes: the set, the size of pictures at which they are found, the views that
 * are learned from, and how a head for boxes is trained.
 *
 * @param set the pictures with their boxes
 * @param flips which ways of mirroring the data allow
 * @param choosing whether what is learned only chooses for a training that follows
 * @param most how many views of a picture there are at most
 */
public record BoxData(BoxSet set, BoxViews.Flips flips, boolean choosing, int most) {

  private static final String VIEWS = "views.txt"; // how many there are at most, in a run's folder
  private static final int FEWEST_STEPS = 800; // a head learns little in less
  private static final int LOOKS = 48; // at each picture, where there are not too many
  private static final int LOOKS_BEFORE = 24; // where what is below learns with it afterwards
  private static final int MOST_STEPS = 6000;
  private static final int FEW = 800; // views in all, up to which a picture has more than eight

  /** How many views of a picture there are at most, whatever there is time for. */
  public static final int MOST_VIEWS = 64;

  private static final int BATCH = 8;
  private static final double TOP = 2.0 / 3; // of the blocks: maps for boxes begin far below
  private static final double RATE_BELOW = 1e-3;
  private static final int LOOKS_BELOW = 8; // at each picture, by what trains below the head

  /**
   * The boxes in {@code data}, as {@code Annotations} reads them, to learn from. Pictures are
   * mirrored unless a label tells left from right, or most are letters or digits.
   *
   * @throws dev.graft.error.BadDataException if there are none, or none that are for training
   */
  public static BoxData read(Path data) {
    return toLearn(Annotations.read(data));
  }

  /** As {@link #read}, for a run that began: where a test part is lost it has drawn one. */
  public static BoxData readAgain(Path data) {
    return toLearn(Annotations.read(data).withTestDrawn());
  }

  private static BoxData toLearn(BoxSet read) {
    BoxSet set = read.toLearn();
    boolean mirrors = Sides.allowMirrors(set.labels());
    return of(set, mirrors ? BoxViews.Flips.SIDES : BoxViews.Flips.NONE);
  }

  /** These boxes, of which nothing is chosen yet. */
  public static BoxData of(BoxSet set, BoxViews.Flips flips) {
    return new BoxData(set, flips, false, MOST_VIEWS);
  }

  /** This with at most so many views of each picture. */
  public BoxData atMost(int views) {
    return new BoxData(set, flips, choosing, views);
  }

  /** This with as many views at most as the run in a folder began with. */
  public BoxData keptIn(Path run) {
    Integer kept = Kept.in(run.resolve(VIEWS), () -> most, Integer::valueOf);
    return atMost(kept);
  }

  /** Whether pictures may be mirrored. */
  boolean isMirrored() {
    return flips != BoxViews.Flips.NONE;
  }

  /** Whether so many pictures may be learned from upside down, too: the first two views are not. */
  public boolean mayTurn(int pictures) {
    return isMirrored() && ways(pictures) > 2;
  }

  /** The pictures as a dataset, with a note on whether they are mirrored. */
  public Dataset dataset() {
    return set.dataset().noted(Sides.note(set.labels()));
  }

  /** The pictures of {@code part} upside down, to see whether that makes a difference. */
  public Dataset upsideDown(Dataset part) {
    return BoxViews.upsideDown(set, part);
  }

  /** This, with pictures learned from upside down, too. */
  public BoxData turned() {
    return new BoxData(set, BoxViews.Flips.ALL, choosing, most);
  }

  /**
   * This for a training that only chooses: on half of the views, most of which are among those of
   * the training that follows.
   */
  public BoxData forChoosing() {
    return new BoxData(set, flips, true, most);
  }

  /** {@code parts} as they are learned from: views of what trains. */
  public Parts seen(Parts parts, long seed) {
    return new Parts(
        new BoxViews(waysLearned(parts.train().size()), flips, seed).of(set, parts.train()),
        BoxViews.plain(set, parts.validation()),
        parts.test(),
        parts.notes());
  }

  /** This with labels counted as {@code order} has them. */
  public BoxData inOrderOf(Labels order) {
    return new BoxData(set.inOrderOf(order), flips, choosing, most);
  }

  /** This without the test part of {@code parts}, by which nothing may be chosen. */
  public BoxData learned(Parts parts) {
    List<BoxedPicture> some = new ArrayList<>(set.of(parts.train()));
    some.addAll(set.of(parts.validation()));
    return new BoxData(new BoxSet(set.labels(), some, set.notes()), flips, choosing, most);
  }

  /** {@code parts}, which show boxes; see {@link BoxSet#shownIn}. */
  public Parts shownIn(Parts parts) {
    return set.shownIn(parts);
  }

  /** All pictures but those of {@code part}. */
  public Dataset without(Dataset part) {
    Dataset all = set.dataset();
    Set<String> names =
        IntStream.range(0, part.size()).mapToObj(part::name).collect(Collectors.toSet());
    return all.subset(
        IntStream.range(0, all.size()).filter(i -> !names.contains(all.name(i))).toArray());
  }

  /** How many views of each of so many pictures are usual: more of few, fewer of many. */
  static int views(int pictures) {
    int ways = 8;
    while (ways < MOST_VIEWS && 2L * pictures * ways <= FEW) {
      ways *= 2;
    }
    while (ways > 1 && (long) pictures * ways > (long) MOST_STEPS * BATCH) {
      ways /= 2;
    }
    return ways;
  }

  /** How many views of each of so many pictures there are here, with what there is time for. */
  public int ways(int pictures) {
    return Math.min(views(pictures), most);
  }

  /** One of how many of the views is learned from, of so many pictures. */
  private int share(int pictures) {
    return choosing && ways(pictures) > 1 ? 2 : 1;
  }

  /** From how many views of each of so many pictures is learned. */
  private int waysLearned(int pictures) {
    return ways(pictures) / share(pictures);
  }

  /**
   * {@code recipe}, whose epochs are of all views, for as many steps of the head on those that
   * there are. What is below, whose steps take longest, has fewer where there are fewer views.
   */
  public Recipe onViews(Recipe recipe, int pictures) {
    return ChosenEpochs.ALL.of(recipe, share(pictures));
  }

  /**
   * {@code recipe} with fewer pictures of a batch computed at once, where those that are learned
   * from or decided by have so many boxes that all would take too much memory.
   *
   * @param size to which pictures are brought
   */
  public Recipe inMemory(Recipe recipe, BoxSize size, Parts parts) {
    int boxes =
        Stream.of(parts.train(), parts.validation())
            .flatMap(part -> set.of(part).stream())
            .mapToInt(picture -> picture.boxes().size())
            .max()
            .orElse(0);
    return new DenseBoxes(boxes).held(recipe, size, examples(parts.train().size()));
  }

  /** What there is less of at once, and why, where these are all that is learned from. */
  public Optional<Note> dense(Recipe recipe, BoxSize size) {
    DenseBoxes dense = new DenseBoxes(set.mostBoxes());
    return dense.note(recipe, dense.held(recipe, size, examples(set.pictures().size())));
  }

  private int examples(int pictures) {
    return pictures * waysLearned(pictures);
  }

  /** How often what trains below the head looks at each picture: once at each view at least. */
  static int looksBelow(int views) {
    return Math.max(LOOKS_BELOW, views);
  }

  /** In how many steps a head learns from so many pictures; {@code alone} or before others do. */
  private static double steps(int pictures, boolean alone) {
    double looks = alone ? LOOKS : LOOKS_BEFORE;
    return Math.min(Math.max(FEWEST_STEPS, looks * pictures / BATCH), MOST_STEPS);
  }

  /**
   * {@code recipe} with the usual settings for a head that learns from so many pictures.
   *
   * @param views of each picture
   */
  public static Recipe usual(Recipe recipe, int pictures, int views) {
    Recipe base = recipe.isAuto() ? Recipe.headOnly() : recipe;
    int batch = batch(pictures, views);
    double perEpoch = Math.max(1, Math.ceil((double) pictures * views / batch));
    double steps = steps(pictures, base.fineTunes().isEmpty());
    int epochs = (int) Math.max(1, Math.round(steps / perEpoch));
    FineTune head =
        FineTune.head()
            .rate(1e-3)
            .batch(batch)
            .epochs(epochs)
            .patience(epochs)
            .clipping(Clipping.byGlobalNorm(10))
            .batchNorm(FineTune.BatchNorm.TRAINING);
    boolean top = base.name().equals(Recipe.headThenTop().name());
    int passes = looksBelow(views) / views;
    return base.head(base.head().steps(head))
        .each(stretch -> below(top ? stretch.share(TOP) : stretch, passes));
  }

  /** The usual one, or a little more: a last batch of one example has no mean to normalise by. */
  private static int batch(int pictures, int views) {
    int all = pictures * views;
    int half = pictures * Math.max(1, views / 2); // of a training that only chooses
    return IntStream.rangeClosed(BATCH, 2 * BATCH)
        .filter(size -> all % size != 1 && half % size != 1)
        .findFirst()
        .orElse(BATCH);
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
