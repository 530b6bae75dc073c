package dev.graft.data.boxes;

import com.google.common.collect.ImmutableList;
import dev.graft.data.Answers;
import dev.graft.data.Dataset;
import dev.graft.data.ImageFiles;
import dev.graft.data.Part;
import dev.graft.error.BadDataException;
import dev.graft.error.BadRequestException;
import dev.graft.error.Internal;
import dev.graft.model.Labels;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.words.Note;
import java.util.ArrayList;
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
    return ImageFiles.dataset(
        pictures.stream().map(BoxedPicture::file).toList(), answers(), notes, parts());
  }

  /** The boxes as answers: see {@link #dataset}. */
  Answers answers() {
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
    return Answers.padded(TensorValue.of(Shape.of(counts.length, rows, columns), values), counts)
        .naming(labels);
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

  /**
   * This set with its labels counted as in {@code order}, the labels of a model that has them, too.
   *
   * @throws BadRequestException if one of this set's labels is not among them
   */
  public BoxSet inOrderOf(Labels order) {
    List<Integer> now = labels.names().stream().map(order.names()::indexOf).toList();
    if (now.contains(-1)) {
      throw new BadRequestException(
          "there are boxes of '"
              + labels.names().get(now.indexOf(-1))
              + "', which is none of the model's labels "
              + order.names()
              + "; score it on pictures with those, or teach it this one.");
    }
    return new BoxSet(
        order, pictures.stream().map(picture -> counted(picture, now)).toList(), notes);
  }

  private static BoxedPicture counted(BoxedPicture picture, List<Integer> now) {
    List<Box> boxes = new ArrayList<>();
    for (Box each : picture.boxes()) {
      int label = now.get(each.label());
      boxes.add(new Box(label, each.left(), each.top(), each.width(), each.height(), each.crowd()));
    }
    return new BoxedPicture(
        picture.file(), picture.width(), picture.height(), boxes, picture.part());
  }

  /** Those pictures that are in {@code part} of {@link #dataset}, in its order. */
  public List<BoxedPicture> of(Dataset part) {
    Map<String, BoxedPicture> byName = new HashMap<>();
    pictures.forEach(picture -> byName.put(picture.file().toString(), picture));
    return IntStream.range(0, part.size()).mapToObj(i -> byName.get(part.name(i))).toList();
  }
}
