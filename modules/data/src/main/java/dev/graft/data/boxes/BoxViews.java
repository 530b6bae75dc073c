package dev.graft.data.boxes;

import com.google.common.collect.ImmutableList;
import dev.graft.data.Dataset;
import dev.graft.data.ImageFiles;
import dev.graft.error.Internal;
import dev.graft.picture.View;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * Several views of each picture, with its boxes where they come to lie: mirrored as the data allow,
 * and then nearer or farther, at another place, in other light. A box of which little is left is
 * left out.
 *
 * @param count how many of each picture
 * @param flips which ways of mirroring still show what could be a picture of the set
 * @param seed what they are drawn from
 */
@Internal
public record BoxViews(int count, Flips flips, long seed) {

  private static final double VISIBLE = 0.35; // of a box's area, to be there
  private static final double NEAREST = 1.33;
  private static final double FARTHEST = 0.75;
  private static final double CONTRAST = 1.25; // times, or a part of it
  private static final double BRIGHTNESS = 20;
  private static final double COLOUR = 0.07;

  /** Which ways of mirroring are taken. */
  public enum Flips {
    /** None, as of text. */
    NONE,
    /** Left and right change places, as in most photos. */
    SIDES,
    /** Up and down, too, as under a microscope or from above. */
    ALL
  }

  /** Views of the pictures of {@code part}, which are some of those of {@code set}. */
  public Dataset of(BoxSet set, Dataset part) {
    List<BoxedPicture> each = new ArrayList<>();
    List<View> views = new ArrayList<>();
    int ways = 1 << flips.ordinal();
    List<BoxedPicture> pictures = set.of(part);
    for (int i = 0; i < pictures.size(); i++) {
      Path name = pictures.get(i).file().getFileName(); // the same views in whatever part it is
      SplittableRandom random = new SplittableRandom(seed * 1_000_003 + name.toString().hashCode());
      for (int j = 0; j < count; j++) {
        each.add(pictures.get(i));
        views.add(view(random, j % ways, j >= ways));
      }
    }
    return dataset(set, each, views);
  }

  /** The pictures of {@code part} as they are, to go the way of those that are seen in views. */
  public static Dataset plain(BoxSet set, Dataset part) {
    return all(set, part, View.PLAIN);
  }

  /** The pictures of {@code part} upside down. */
  public static Dataset upsideDown(BoxSet set, Dataset part) {
    return all(set, part, new View(1, 0, 0, false, true, View.Light.PLAIN));
  }

  private static Dataset all(BoxSet set, Dataset part, View view) {
    List<BoxedPicture> pictures = set.of(part);
    return dataset(set, pictures, Collections.nCopies(pictures.size(), view));
  }

  private static Dataset dataset(BoxSet set, List<BoxedPicture> pictures, List<View> views) {
    List<BoxedPicture> seen = new ArrayList<>();
    for (int i = 0; i < pictures.size(); i++) {
      seen.add(seen(pictures.get(i), views.get(i)));
    }
    return ImageFiles.dataset(
        pictures.stream().map(BoxedPicture::file).toList(),
        views,
        new BoxSet(set.labels(), seen, List.of()).answers());
  }

  private static View view(SplittableRandom random, int flip, boolean moves) {
    boolean mirrored = (flip & 1) > 0;
    boolean upsideDown = (flip & 2) > 0;
    if (!moves) {
      return new View(1, 0, 0, mirrored, upsideDown, View.Light.PLAIN);
    }
    double zoom = Math.exp(between(random, Math.log(FARTHEST), Math.log(NEAREST)));
    double left = (1 - zoom) * random.nextDouble(); // as much as can be lies inside
    double top = (1 - zoom) * random.nextDouble();
    View.Light light =
        new View.Light(
            between(random, 1 / CONTRAST, CONTRAST),
            between(random, -BRIGHTNESS, BRIGHTNESS),
            between(random, 1 - COLOUR, 1 + COLOUR),
            between(random, 1 - COLOUR, 1 + COLOUR),
            between(random, 1 - COLOUR, 1 + COLOUR));
    return new View(zoom, left, top, mirrored, upsideDown, light);
  }

  private static double between(SplittableRandom random, double low, double high) {
    return low + (high - low) * random.nextDouble();
  }

  private static BoxedPicture seen(BoxedPicture picture, View view) {
    ImmutableList.Builder<Box> boxes = ImmutableList.builder();
    for (Box box : picture.boxes()) {
      double width = picture.width();
      double height = picture.height();
      double x = view.x(box.left() / width);
      double y = view.y(box.top() / height);
      double otherX = view.x(box.right() / width);
      double otherY = view.y(box.bottom() / height);
      double left = bounded(Math.min(x, otherX));
      double top = bounded(Math.min(y, otherY));
      double across = bounded(Math.max(x, otherX)) - left;
      double down = bounded(Math.max(y, otherY)) - top;
      if (across * down >= VISIBLE * Math.abs((otherX - x) * (otherY - y))) {
        boxes.add(
            new Box(
                box.label(),
                left * width,
                top * height,
                across * width,
                down * height,
                box.crowd()));
      }
    }
    return new BoxedPicture(
        picture.file(), picture.width(), picture.height(), boxes.build(), Optional.empty());
  }

  private static double bounded(double share) {
    return Math.min(1, Math.max(0, share));
  }
}
