package dev.graft.data.boxes;

import com.google.common.collect.ImmutableList;
import dev.graft.data.Part;
import dev.graft.error.Internal;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * A picture and what is on it.
 *
 * @param file where it is
 * @param width columns, as it is shown
 * @param height rows, as it is shown
 * @param boxes what is on it; there may be nothing
 * @param part the part of the set that it was put in, if somebody has said so
 */
@Internal
public record BoxedPicture(Path file, int width, int height, List<Box> boxes, Optional<Part> part) {
  public BoxedPicture {
    boxes = ImmutableList.copyOf(boxes);
  }
}
