package dev.graft.internal.boxes;

import com.google.common.base.Splitter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;

/**
 * How a first training does on validation pictures that are upside down, by which it is decided
 * whether a second one has such views. A run that goes on does not decide it again: losses differ a
 * little from machine to machine.
 *
 * @param upright the loss on the pictures as they are
 * @param turned that on the same upside down
 */
public record UpsideDown(double upright, double turned) {

  private static final String FILE = "upside-down.txt";

  /** How much larger a loss is at most where a network takes no notice of a difference. */
  private static final double ALIKE = 1.15;

  /** These losses, kept in the folder of a run from the first time on. */
  public static UpsideDown in(Path run, Supplier<UpsideDown> now) {
    return Kept.in(run.resolve(FILE), now, UpsideDown::parse);
  }

  private static UpsideDown parse(String line) {
    List<String> losses = Splitter.on(' ').splitToList(line);
    if (losses.size() != 2) {
      throw new IllegalArgumentException("it does not hold two losses");
    }
    return new UpsideDown(Double.parseDouble(losses.get(0)), Double.parseDouble(losses.get(1)));
  }

  /** Whether it makes no difference to speak of. */
  public boolean isAlike() {
    return turned <= ALIKE * upright;
  }

  /** What comes of it, in a sentence. */
  public String words() {
    return String.format(
        Locale.ROOT,
        "validation pictures have a loss of %.3f, and of %.3f upside down, so pictures are"
            + " learned from %s",
        upright,
        turned,
        isAlike() ? "upside down, too" : "as they are and mirrored only");
  }

  @Override
  public String toString() {
    return upright + " " + turned;
  }
}
