package dev.graft.internal.boxes;

import com.google.common.collect.ListMultimap;
import com.google.common.collect.MultimapBuilder;
import dev.graft.data.boxes.Box;
import dev.graft.data.boxes.BoxSet;
import dev.graft.data.boxes.BoxedPicture;
import dev.graft.model.BoxFormat;
import dev.graft.trainer.FineTune;
import dev.graft.trainer.Recipe;
import dev.graft.words.Note;
import dev.graft.words.Remedy;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.IntFunction;
import java.util.function.ToDoubleFunction;

/**
 * The size of pictures at which boxes are found: in the shape of the pictures, so large that the
 * smallest boxes are some cells wide, if there is time to learn at that size. Where there is too
 * little time even for the usual size, there are fewer views of each picture, if that is enough;
 * where somebody said how much time there is, there are then fewer pixels, too.
 *
 * @param set the pictures with their boxes
 * @param recipes how is learned from so many views of each picture
 * @param trainings how often: once more where validation pictures are learned from in the end
 * @param time what learning may take, on two cores, if somebody says it
 * @param given the size, if somebody says it
 */
public record BoxSizing(
    BoxSet set,
    IntFunction<Recipe> recipes,
    int trainings,
    Optional<Duration> time,
    Optional<BoxSize> given) {

  /** What a head may take where nobody says it, and each stretch below it. */
  private static final Duration USUAL = Duration.ofMinutes(15);

  /** A trial on BCCD, in Keras, gained nothing by more pixels than these. */
  private static final double PIXELS = 512 * 384;

  private static final double MOST_PIXELS = 4 * PIXELS;
  private static final double FEWEST_PIXELS = 320 * 240; // of which there is still much to see
  private static final double SMALLER = 0.95;
  private static final int FEWEST_VIEWS = 2; // as they are, and mirrored
  private static final int MULTIPLE = 32; // the coarsest cells
  private static final int CELLS = 3; // that a box is wide, to be found well
  private static final int ENOUGH = 5; // boxes of a label, for it to have a say
  private static final double SHARE = 0.01; // of all boxes, for the same

  /** How much of the time a size may take: what is read, scored and published takes some, too. */
  private static final double MOST = 0.85;

  /** How much longer than there is time learning takes for that to be told: sides are rounded. */
  private static final double LATE = 1.1;

  /** Seconds for the maps of a view of so many pixels, EfficientNet-Lite0 on two cores. */
  private static final double VIEW = 0.10;

  /** Seconds that a head learns from such a view. */
  private static final double LOOK = 0.02;

  /** Seconds that two thirds of the network do. */
  private static final double LOOK_BELOW = 0.17;

  /** The size. */
  public BoxSize size() {
    return given.orElseGet(this::chosen);
  }

  private BoxSize chosen() {
    double usual = usualPixels();
    double affordable = PIXELS * limit() / seconds(views(), PIXELS);
    if (affordable < usual && time.isPresent()) { // small boxes are lost: not unless asked for
      return within(affordable, Math.min(usual, FEWEST_PIXELS));
    }
    double more = PIXELS * MOST * budget().toSeconds() / seconds(views(), PIXELS);
    return sized(Math.max(usual, Math.min(neededPixels(), more)));
  }

  /** Of so many pixels at most, unless that is less than the fewest. */
  private BoxSize within(double most, double fewest) {
    double pixels = Math.max(most, fewest);
    BoxSize size = sized(pixels);
    while (size.pixels() > most && pixels > fewest) { // sides are rounded
      pixels = Math.max(fewest, SMALLER * pixels);
      size = sized(pixels);
    }
    return size;
  }

  /**
   * How many views of each picture there are: as many as there is memory for, and time. Where that
   * is too short for the fewest, too, these are for who said how much there is; for anybody else
   * there are all, since it would take longer than is usual either way.
   */
  private int views() {
    double pixels = given.map(BoxSize::pixels).orElseGet(this::usualPixels);
    int views = inMemory();
    while (views > FEWEST_VIEWS && seconds(views, pixels) > limit()) {
      views /= 2;
    }
    return time.isEmpty() && seconds(views, pixels) > limit() ? inMemory() : views;
  }

  /** How many views there are where neither memory nor time is short. */
  private int usualViews() {
    return BoxData.views(set.pictures().size());
  }

  private int inMemory() {
    return DenseBoxes.views(usualViews(), set.bytes());
  }

  /** How many views of a picture there are at most: what bounds them where anything does. */
  public int mostViews() {
    int views = views();
    return views < usualViews() ? views : BoxData.MOST_VIEWS;
  }

  /** What pictures larger than usual may take. */
  private Duration budget() {
    return time.orElse(USUAL);
  }

  /** Seconds beyond which there is less of what is usual: who has more train has asked for it. */
  private double limit() {
    int below = recipes.apply(inMemory()).fineTunes().size();
    return time.orElse(USUAL.multipliedBy(1L + below)).toSeconds();
  }

  /** What it takes to learn from so many views of each picture, as often as that is done. */
  private double seconds(int views, double pixels) {
    Recipe recipe = recipes.apply(views);
    double look = LOOK * recipe.head().steps().epochs();
    for (FineTune below : recipe.fineTunes()) {
      look += LOOK_BELOW * below.epochs();
    }
    double all = (double) views * set.pictures().size();
    return all * (VIEW + trainings * look) * pixels / PIXELS;
  }

  private BoxSize sized(double pixels) {
    double aspect = of(p -> (double) p.width() / p.height());
    double height = Math.sqrt(pixels / aspect);
    return new BoxSize(multiple(height), multiple(height * aspect));
  }

  private double usualPixels() {
    return Math.min(of(p -> (double) p.width() * p.height()), PIXELS);
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
    return Math.min(wanted * wanted, MOST_PIXELS);
  }

  /**
   * The median share of the picture's area that a box of some label has, of the least label. One of
   * which there are only a few boxes tells nothing, nor does what stands for many.
   */
  private double smallest() {
    ListMultimap<Integer, Double> areas = MultimapBuilder.treeKeys().arrayListValues().build();
    for (BoxedPicture picture : set.pictures()) {
      double pixels = (double) picture.width() * picture.height();
      for (Box box : picture.boxes()) {
        if (!box.crowd()) {
          areas.put(box.label(), box.pixels() / pixels);
        }
      }
    }
    double enough = Math.min(ENOUGH, SHARE * areas.size());
    Collection<Collection<Double>> all = areas.asMap().values();
    List<Collection<Double>> usual = all.stream().filter(each -> each.size() >= enough).toList();
    return (usual.isEmpty() ? all : usual)
        .stream()
            .mapToDouble(each -> BoxInput.median(each.stream().mapToDouble(area -> area)))
            .filter(area -> area > 0)
            .min()
            .orElse(1);
  }

  /** Which size that is, from how many views is learned, how long that takes, and why so. */
  public List<Note> notes() {
    return given.isPresent() ? List.of(ofTime()) : List.of(ofSize(), ofTime());
  }

  private Note ofSize() {
    BoxSize size = size();
    double cells = Math.sqrt(smallest() * size.pixels()) / BoxFormat.CELL;
    String words =
        String.format(
            Locale.ROOT,
            "boxes are found at %d x %d pixels, where the usual box of the smallest label is %.1f"
                + " cells of %d pixels wide",
            size.width(),
            size.height(),
            cells,
            BoxFormat.CELL);
    BoxSize wanted = sized(Math.max(usualPixels(), neededPixels()));
    String late =
        String.format(
            Locale.ROOT,
            "; at %d x %d it would be wider, but that would take longer than %d min on two cores",
            wanted.width(),
            wanted.height(),
            minutes(budget().toSeconds()));
    return Note.of(wanted.equals(size) ? words : words + late, Remedy.SIZE);
  }

  private Note ofTime() {
    int views = views();
    double seconds = seconds(views, size().pixels());
    StringBuilder words = new StringBuilder();
    words.append("to learn from ").append(views);
    words.append(views == 1 ? " view" : " views").append(" of each picture takes about ");
    words.append(minutes(seconds)).append(" min on two cores, if the network is as fast as");
    words.append(" EfficientNet-Lite0");
    if (inMemory() < usualViews()) {
      words.append("; for more views there is no memory, since one picture has ");
      words.append(set.mostBoxes()).append(" boxes, and those of all are padded to as many");
    }
    if (views < inMemory()) {
      words.append("; with more views it would take longer than ");
      words.append(minutes(limit())).append(" min");
    }
    if (seconds <= LATE * limit()) {
      return Note.of(words.toString());
    }
    words.append("; that is longer than the ").append(minutes(limit()));
    if (time.isEmpty()) {
      words.append(
          " min that are usual, and would be with fewer views, too; if you say how long it");
      return Note.of(words.append(" may take, less is learned").toString(), Remedy.TIME);
    }
    words.append(" min that there are, but ");
    words.append(given.isPresent() ? "the size is given" : "of less there is little to learn");
    return Note.of(words.toString());
  }

  private static long minutes(double seconds) {
    return Math.max(1, Math.round(seconds / 60));
  }
}
