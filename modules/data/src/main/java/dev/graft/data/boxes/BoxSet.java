package dev.graft.data.boxes;

import com.google.common.collect.ImmutableList;
import dev.graft.data.Answers;
import dev.graft.data.Dataset;
import dev.graft.data.ImageFiles;
import dev.graft.data.Part;
import dev.graft.error.BadDataException;
import dev.graft.error.Internal;
import dev.graft.model.Labels;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.words.Note;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Pictures with boxes, and what these may be of.
 *
 * @param labels what {@link Box#label} counts
 * @param pictures in a fixed order
 * @param notes what was taken for granted, mended or passed over
 */
@Internal
public record BoxSet(Labels labels, List<BoxedPicture> pictures, List<Note> notes) {

  private static final long MOST_NUMBERS = 1L << 28; // 1 GB

  public BoxSet {
    pictures = ImmutableList.copyOf(pictures);
    notes = ImmutableList.copyOf(notes);
  }

  /** The numbers that {@link #dataset} gives for each box, in their order. */
  public enum Column {
    /** Shares of the picture as it is shown, from 0 to 1. */
    LEFT,
    TOP,
    RIGHT,
    BOTTOM,
    /** The index of a label. */
    LABEL,
    /** 1 if it stands for many. */
    CROWD
  }

  /**
   * The pictures as a dataset, to be split and read as any other: as the data say, where they say
   * it. Its answers are padded to the most boxes that a picture has, float32 [N, most, 6], with a
   * {@link Column} for each number.
   *
   * @throws BadDataException if that takes more than a gigabyte
   */
  public Dataset dataset() {
    int columns = Column.values().length;
    int most = pictures.stream().mapToInt(picture -> picture.boxes().size()).max().orElse(0);
    int rows = Math.max(1, most);
    if ((long) pictures.size() * rows * columns > MOST_NUMBERS) {
      throw new BadDataException(
          pictures.size()
              + " pictures with up to "
              + most
              + " boxes are too many to hold in memory; cut pictures with so many into several.");
    }
    float[] values = new float[pictures.size() * rows * columns];
    int[] counts = new int[pictures.size()];
    for (int i = 0; i < counts.length; i++) {
      BoxedPicture picture = pictures.get(i);
      counts[i] = picture.boxes().size();
      for (int j = 0; j < counts[i]; j++) {
        put(values, (i * rows + j) * columns, picture.boxes().get(j), picture);
      }
    }
    return ImageFiles.dataset(
        pictures.stream().map(BoxedPicture::file).toList(),
        Answers.padded(TensorValue.of(Shape.of(counts.length, rows, columns), values), counts),
        notes,
        parts());
  }

  private static void put(float[] values, int at, Box box, BoxedPicture picture) {
    values[at] = (float) (box.left() / picture.width());
    values[at + 1] = (float) (box.top() / picture.height());
    values[at + 2] = (float) (box.right() / picture.width());
    values[at + 3] = (float) (box.bottom() / picture.height());
    values[at + 4] = box.label();
    values[at + 5] = box.crowd() ? 1 : 0;
  }

  /** The parts that the data tell; none if they do not. */
  private List<Part> parts() {
    return pictures.stream().flatMap(picture -> picture.part().stream()).toList();
  }

  /** Those pictures that are in {@code part} of {@link #dataset}, in its order. */
  public List<BoxedPicture> of(Dataset part) {
    Map<String, BoxedPicture> byName = new HashMap<>();
    pictures.forEach(picture -> byName.put(picture.file().toString(), picture));
    return IntStream.range(0, part.size()).mapToObj(i -> byName.get(part.name(i))).toList();
  }
}
