package dev.graft.internal.boxes;

import dev.graft.data.boxes.BoxSet;
import dev.graft.data.boxes.BoxedPicture;
import dev.graft.model.BoxFormat;
import dev.graft.words.Note;
import dev.graft.words.Remedy;
import java.time.Duration;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/**
 * The size of pictures at which boxes are found: in the shape of the pictures, so large that the
 * smallest boxes are some cells wide, if there is time to learn at that size.
 *
 * @param set the pictures with their boxes
 * @param below how many stretches train below the head
 * @param budget what learning may take, on two cores
 */
public record BoxSizing(BoxSet set, int below, Duration budget) {

  /** What it may take where nobody says it. */
  public static final Duration USUAL = Duration.ofMinutes(15);

  /** A trial on BCCD, in Keras, gained nothing by more pixels than these. */
  private static final double PIXELS = 512 * 384;

  private static final double MOST_PIXELS = 4 * PIXELS;
  private static final int MULTIPLE = 32; // the coarsest cells
  private static final int CELLS = 3; // that a box is wide, to be found well

  /** Seconds for the maps of a view of so many pixels, EfficientNet-Lite0 on two cores. */
  private static final double VIEW = 0.10;

  /** Seconds that a head learns from such a view. */
  private static final double LOOK = 0.02;

  /** Seconds that two thirds of the network do. */
  private static final double LOOK_BELOW = 0.17;

  /** The size. */
  public BoxSize size() {
    return sized(Math.max(usualPixels(), Math.min(neededPixels(), affordablePixels())));
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

  /** So many that what is learned, and then learned once more, is learned in time. */
  private double affordablePixels() {
    int pictures = set.pictures().size();
    double seconds =
        VIEW * BoxData.views(pictures) * pictures
            + 2 * LOOK * BoxData.looks(pictures)
            + 2 * LOOK_BELOW * BoxData.LOOKS_BELOW * pictures * below;
    return PIXELS * budget.toSeconds() / seconds;
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

  /** Which size that is, and why. */
  public Note note() {
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
            Math.max(1, budget.toMinutes()));
    return Note.of(wanted.equals(size) ? words : words + late, Remedy.SIZE);
  }
}
