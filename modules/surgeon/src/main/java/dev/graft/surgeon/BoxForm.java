package dev.graft.surgeon;

import static java.util.Objects.requireNonNull;

import com.google.common.collect.ImmutableList;
import dev.graft.error.BadRequestException;
import java.util.List;

/**
 * What a head for boxes is made for. Immutable; start from {@link #standard} and change what
 * differs.
 *
 * @param maps the layers or tensors that it reads, the finest first: maps of the pictures with a
 *     cell for 8, 16 or 32 pixels; if empty, they are found
 * @param height rows of the pictures that the network is rebuilt for; 0 for its own
 * @param width columns of these; 0 for its own
 * @param boxHeight how high a usual box is, as a share of the picture: what the head answers before
 *     it has learned
 * @param boxWidth how wide it is
 */
public record BoxForm(List<String> maps, int height, int width, double boxHeight, double boxWidth) {

  public BoxForm {
    maps = ImmutableList.copyOf(maps);
    if (height < 0 || width < 0 || (height == 0) != (width == 0)) {
      throw new BadRequestException(
          "pictures have rows and columns, not " + height + "x" + width + ".");
    }
    if (!(boxHeight > 0 && boxHeight <= 1 && boxWidth > 0 && boxWidth <= 1)) {
      throw new BadRequestException(
          "a usual box takes a share of the picture above 0 to 1, not "
              + boxHeight
              + " of its height and "
              + boxWidth
              + " of its width.");
    }
  }

  /** Maps that are found, pictures of the network's own size, boxes of a fifth of each side. */
  public static BoxForm standard() {
    return new BoxForm(ImmutableList.of(), 0, 0, 0.2, 0.2);
  }

  /** This on these layers or tensors. */
  public BoxForm maps(List<String> value) {
    requireNonNull(value, "value");
    return new BoxForm(value, height, width, boxHeight, boxWidth);
  }

  /** This for pictures of another size. */
  public BoxForm size(int rows, int columns) {
    return new BoxForm(maps, rows, columns, boxHeight, boxWidth);
  }

  /** This for boxes that usually take such shares of a picture's height and width. */
  public BoxForm usual(double heightShare, double widthShare) {
    return new BoxForm(maps, height, width, heightShare, widthShare);
  }
}
