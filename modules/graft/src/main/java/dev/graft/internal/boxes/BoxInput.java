package dev.graft.internal.boxes;

import dev.graft.data.Answers;
import dev.graft.data.boxes.BoxSet;
import dev.graft.model.Model;
import dev.graft.surgeon.BoxForm;
import dev.graft.surgeon.BoxMap;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;

/** What a head for boxes is made for, told by the boxes that it is to learn; and what it reads. */
public final class BoxInput {

  private BoxInput() {}

  /** Its form: for boxes as large as these are in the median. */
  public static BoxForm form(Answers boxes) {
    int columns = BoxSet.Column.values().length;
    int most = (int) boxes.values().shape().dim(1);
    float[] values = boxes.values().floats();
    int[] counts = boxes.counts().orElseThrow().ints();
    double[] heights = new double[Arrays.stream(counts).sum()];
    double[] widths = new double[heights.length];
    int box = 0;
    for (int i = 0; i < counts.length; i++) {
      for (int j = 0; j < counts[i]; j++, box++) {
        int at = (i * most + j) * columns;
        widths[box] = values[at + 2] - values[at];
        heights[box] = values[at + 3] - values[at + 1];
      }
    }
    BoxForm form = BoxForm.standard();
    return box == 0 ? form : form.usual(share(heights), share(widths));
  }

  private static double share(double[] values) {
    return Math.min(1, Math.max(0.01, median(Arrays.stream(values))));
  }

  /** The middle one of {@code values}, of two the larger; 0 of none. */
  static double median(DoubleStream values) {
    double[] sorted = values.sorted().toArray();
    return sorted.length == 0 ? 0 : sorted[sorted.length / 2];
  }

  /** Which maps of the backbone a head for boxes reads, in a sentence; nothing of other heads. */
  public static Optional<String> maps(Model model) {
    List<BoxMap> maps = BoxMap.of(model);
    List<Integer> strides = maps.stream().map(BoxMap::stride).toList();
    String missing =
        BoxMap.STRIDES.stream()
            .filter(stride -> !strides.contains(stride))
            .map(stride -> "; none is read with a cell for " + stride + " pixels")
            .collect(Collectors.joining());
    return maps.isEmpty()
        ? Optional.empty()
        : Optional.of(
            "the maps are "
                + maps.stream().map(map -> words(model, map)).collect(Collectors.joining(", "))
                + missing);
  }

  private static String words(Model model, BoxMap map) {
    return map.name(model)
        + " (a cell for "
        + map.stride()
        + " pixels, "
        + map.channels()
        + " channels)";
  }
}
