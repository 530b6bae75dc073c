package dev.graft.internal.boxes;

import dev.graft.data.Answers;
import dev.graft.data.boxes.BoxSet;
import dev.graft.surgeon.BoxForm;
import java.util.Arrays;

/** What a head for boxes is made for, told by the boxes that it is to learn. */
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
    return box == 0 ? form : form.usual(median(heights), median(widths));
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return Math.min(1, Math.max(0.01, sorted[sorted.length / 2]));
  }
}
