package dev.graft.data.boxes;

import com.google.common.collect.ImmutableList;
import dev.graft.data.Answers;
import dev.graft.data.Dataset;
import dev.graft.data.ImageFiles;
import dev.graft.data.Part;
import dev.graft.data.Parts;
import dev.graft.error.BadDataException;
import dev.graft.error.BadRequestException;
import dev.graft.error.Internal;
import dev.graft.model.BoxFormat;
import dev.graft.model.Labels;
import dev.graft.tensor.DType;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.words.Note;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Pictures with boxes, and what these may be of.
 *
 * @param labels what {@link Box#label} counts
 * @param pictures in a fixed order
 * @param notes what was taken for granted, mended or passed over
 * @param lostTest what names a test part of which nothing is there, if anything does
 */
@Internal
public record BoxSet(
    Labels labels, List<BoxedPicture> pictures, List<Note> notes, Optional<String> lostTest) {

  private static final int MOST_BYTES = 1 << 30;

  public BoxSet {
    pictures = ImmutableList.copyOf(pictures);
    notes = ImmutableList.copyOf(notes);
  }

  /** A set of which no test part is named, or that has it. */
  public BoxSet(Labels labels, List<BoxedPicture> pictures, List<Note> notes) {
    this(labels, pictures, notes, Optional.empty());
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

  /** How many boxes the picture with the most of them has. */
  public int mostBoxes() {
    return pictures.stream().mapToInt(picture -> picture.boxes().size()).max().orElse(0);
  }

  /** How many bytes the answers of {@link #dataset} take, as all are padded to the most boxes. */
  public long bytes() {
    return (long) pictures.size() * Math.max(1, mostBoxes()) * Column.values().length * Float.BYTES;
  }

  /** The boxes as answers: see {@link #dataset}. */
  Answers answers() {
    int columns = Column.values().length;
    int most = mostBoxes();
    int rows = Math.max(1, most);
    if (bytes() > MOST_BYTES) {
      throw new BadDataException(
          pictures.size()
              + " pictures with up to "
              + most
              + " boxes are too many to hold in memory; cut pictures with so many into several.");
    }
    ByteBuffer bytes = ByteBuffer.allocate((int) bytes()).order(ByteOrder.LITTLE_ENDIAN);
    FloatBuffer values = bytes.asFloatBuffer();
    int[] counts = new int[pictures.size()];
    for (int i = 0; i < counts.length; i++) {
      BoxedPicture picture = pictures.get(i);
      counts[i] = picture.boxes().size();
      for (int j = 0; j < counts[i]; j++) {
        put(values, (i * rows + j) * columns, picture.boxes().get(j), picture);
      }
    }
    Shape shape = Shape.of(counts.length, rows, columns);
    return Answers.padded(TensorValue.of(DType.FLOAT32, shape, bytes), Optional.of(labels), counts);
  }

  private static void put(FloatBuffer values, int at, Box box, BoxedPicture picture) {
    values.put(at, (float) (box.left() / picture.width()));
    values.put(at + 1, (float) (box.top() / picture.height()));
    values.put(at + 2, (float) (box.right() / picture.width()));
    values.put(at + 3, (float) (box.bottom() / picture.height()));
    values.put(at + 4, box.label());
    values.put(at + 5, box.crowd() ? 1 : 0);
  }

  /** The parts that the data tell; none if they do not. */
  private List<Part> parts() {
    return pictures.stream().flatMap(picture -> picture.part().stream()).toList();
  }

  /** This, whose test part is drawn from the rest where what is named of it is not there. */
  public BoxSet withTestDrawn() {
    return new BoxSet(labels, pictures, notes);
  }

  /**
   * This set, to learn from, with a note on labels that the training part does not show.
   *
   * @throws BadDataException if the data tell parts, and none with boxes to learn from; or if they
   *     name a test part and nothing of it is there, since one drawn from the rest is another
   */
  public BoxSet toLearn() {
    lostTest.ifPresent(
        what -> {
          throw new BadDataException(
              "nothing is there of the test part that the data name ("
                  + what
                  + "); add it, or take what names it out of the data, to have a test part drawn"
                  + " from the rest.");
        });
    Map<Part, Set<String>> shown = new LinkedHashMap<>();
    for (Part part : new LinkedHashSet<>(parts())) {
      Optional<Part> is = Optional.of(part);
      shown.put(part, shown(pictures.stream().filter(each -> each.part().equals(is)).toList()));
    }
    Set<String> learned = shown.getOrDefault(Part.TRAIN, Set.of());
    if (!shown.isEmpty() && learned.isEmpty()) {
      throw new BadDataException(
          "there are pictures for "
              + String.join(" and ", shown.keySet().stream().map(Part::words).toList())
              + ", but none with boxes in a training part to learn from; add it, or give the"
              + " pictures without naming parts.");
    }
    shown.forEach(BoxSet::requireBoxes);
    List<Note> more = new ArrayList<>(notes);
    if (!shown.isEmpty()) {
      tellUnlearned(learned, shown.getOrDefault(Part.VALIDATION, Set.of()), more);
    }
    if (mostBoxes() > BoxFormat.MOST) {
      more.add(
          Note.of(
              "a picture has up to "
                  + mostBoxes()
                  + " boxes, and a detector answers at most "
                  + BoxFormat.MOST
                  + "; cut such pictures into several to have all found"));
    }
    return new BoxSet(labels, pictures, more);
  }

  /** A detector learns from validation pictures, too, unless it is to learn once only. */
  private void tellUnlearned(Set<String> learned, Set<String> validated, List<Note> told) {
    List<String> unknown = labels.names().stream().filter(name -> !learned.contains(name)).toList();
    List<String> late = unknown.stream().filter(validated::contains).toList();
    List<String> never = unknown.stream().filter(name -> !validated.contains(name)).toList();
    if (!never.isEmpty()) {
      told.add(
          Note.of(
              "the training part has no box of "
                  + BoxSets.named(never)
                  + ": no answer will be that"));
    }
    if (!late.isEmpty()) {
      told.add(
          Note.of(
              "of the parts that are learned from only validation has boxes of "
                  + BoxSets.named(late)
                  + ": nothing chooses by them that has learned them, and no answer will be that if"
                  + " validation pictures are not learned from in the end"));
    }
  }

  /**
   * {@code parts}, with a note on labels that are not learned where chance made them.
   *
   * @throws BadDataException if what is learned from, or decided or scored by, shows no box
   */
  public Parts shownIn(Parts parts) {
    Set<Part> told = Set.copyOf(parts()); // of which toLearn() knows
    Map<Part, Dataset> all = new LinkedHashMap<>();
    all.put(Part.TRAIN, parts.train());
    all.put(Part.VALIDATION, parts.validation());
    all.put(Part.TEST, parts.test());
    Set<String> unknown = new LinkedHashSet<>(labels.names());
    all.forEach(
        (part, dataset) -> {
          Set<String> shown = shown(of(dataset));
          if (part != Part.TEST) { // a detector learns from validation pictures, too
            unknown.removeAll(shown);
          }
          if (!told.contains(part) && dataset.size() > 0 && shown.isEmpty()) {
            throw new BadDataException(
                "of the pictures with boxes none came into the "
                    + part.words()
                    + " part; draw boxes on more, divide them by another seed, or say which"
                    + " pictures are for what.");
          }
        });
    if (unknown.isEmpty() || told.contains(Part.TRAIN)) {
      return parts;
    }
    List<String> notes = new ArrayList<>(parts.notes());
    notes.add(
        "no picture to learn from has a box of "
            + BoxSets.named(List.copyOf(unknown))
            + ": no answer will be that");
    return new Parts(parts.train(), parts.validation(), parts.test(), notes);
  }

  /** The labels that are scored on these. */
  private Set<String> shown(List<BoxedPicture> some) {
    return some.stream()
        .flatMap(each -> each.boxes().stream())
        .filter(box -> !box.crowd())
        .map(box -> labels.name(box.label()))
        .collect(Collectors.toSet());
  }

  /** A part on which nothing is drawn tells nothing of what was learned. */
  private static void requireBoxes(Part part, Set<String> labels) {
    if (labels.isEmpty()) {
      throw new BadDataException(
          "no picture of the "
              + part.words()
              + " part has a box, so it can neither choose nor score; draw them, or take that part"
              + " out of the data.");
    }
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
      boxes.add(
          new Box(
              now.get(each.label()),
              each.left(),
              each.top(),
              each.width(),
              each.height(),
              each.crowd(),
              each.area()));
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
