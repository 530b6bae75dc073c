package dev.graft.answer;

import static java.util.Objects.requireNonNull;

import com.google.common.collect.ImmutableList;
import dev.graft.data.boxes.Box;
import dev.graft.data.boxes.BoxDrawing;
import dev.graft.data.boxes.PictureHeader;
import dev.graft.error.BadDataException;
import dev.graft.error.InputOutputException;
import dev.graft.error.Internal;
import dev.graft.model.Labels;
import dev.graft.trainer.boxes.Detection;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import javax.imageio.ImageIO;

/**
 * The boxes that a model finds on one picture, the surest first.
 *
 * @param found the boxes
 * @param width how many columns the picture has as it is shown
 * @param height how many rows
 * @param threshold the score from which on they are shown: where precision and recall on validation
 *     were best together, or 0.3 if training did not find that out
 */
public record Boxes(List<Found> found, int width, int height, double threshold) implements Answer {

  private static final double USUAL = 0.3;

  public Boxes {
    found = ImmutableList.copyOf(found);
  }

  /**
   * A box, in pixels of the picture as it is shown.
   *
   * @param label what it is around
   * @param number which of the model's labels that is, from 0
   * @param score how sure the model is, 0 to 1
   * @param left columns from the left edge
   * @param top rows from the upper edge
   * @param right columns from the left edge to its right side
   * @param bottom rows from the upper edge to its lower side
   */
  public record Found(
      String label, int number, float score, float left, float top, float right, float bottom) {

    @Override
    public String toString() {
      return String.format(
          Locale.ROOT, "%s %.3f at %.0f,%.0f to %.0f,%.0f", label, score, left, top, right, bottom);
    }
  }

  /** What {@code detections} are on a picture of this size. */
  @Internal
  public static Boxes of(
      List<Detection> detections,
      Optional<Labels> labels,
      PictureHeader size,
      Optional<Double> threshold) {
    List<Found> found = detections.stream().map(each -> found(each, labels)).toList();
    return new Boxes(found, size.shownWidth(), size.shownHeight(), threshold.orElse(USUAL));
  }

  private static Found found(Detection each, Optional<Labels> labels) {
    Box box = each.box();
    return new Found(
        labels.map(all -> all.name(box.label())).orElse("" + box.label()),
        box.label(),
        (float) each.score(),
        (float) box.left(),
        (float) box.top(),
        (float) box.right(),
        (float) box.bottom());
  }

  /** Those with this score at least. */
  public Boxes atLeast(double score) {
    return new Boxes(
        found.stream().filter(each -> each.score >= score).toList(), width, height, threshold);
  }

  /** The {@code count} surest. */
  public Boxes top(int count) {
    return new Boxes(
        found.subList(0, Math.max(0, Math.min(count, found.size()))), width, height, threshold);
  }

  /** Those to be shown, which have the threshold at least. */
  public Boxes shown() {
    return atLeast(threshold);
  }

  /**
   * Draws them on their picture.
   *
   * @param picture a JPEG, PNG, GIF or BMP file
   * @param png the file to write
   * @throws BadDataException if the picture cannot be read
   * @throws InputOutputException if the file cannot be written
   */
  public void draw(Path picture, Path png) {
    requireNonNull(picture, "picture");
    requireNonNull(png, "png");
    byte[] encoded;
    try {
      encoded = Files.readAllBytes(picture);
    } catch (IOException e) {
      throw new BadDataException("'" + picture + "' cannot be read (" + e.getMessage() + ").", e);
    }
    List<BoxDrawing.Marked> marks = found.stream().map(Boxes::marked).toList();
    BufferedImage drawn = BoxDrawing.of(encoded, picture, marks, Math.max(width, height));
    try {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      ImageIO.write(drawn, "png", bytes);
      Files.write(png, bytes.toByteArray());
    } catch (IOException e) {
      throw new InputOutputException(
          "'" + png + "' cannot be written (" + e.getMessage() + "); make room there.", e);
    }
  }

  private static BoxDrawing.Marked marked(Found each) {
    Box box =
        new Box(
            each.number,
            each.left,
            each.top,
            each.right - each.left,
            each.bottom - each.top,
            false);
    return new BoxDrawing.Marked(
        box, String.format(Locale.ROOT, "%s %.2f", each.label, each.score));
  }
}
