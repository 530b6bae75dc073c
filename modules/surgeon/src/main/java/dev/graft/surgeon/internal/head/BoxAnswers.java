package dev.graft.surgeon.internal.head;

import com.google.common.collect.ImmutableMap;
import dev.graft.graph.Attrs;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.model.BoxFormat;
import dev.graft.model.TensorSpec;
import dev.graft.tensor.DType;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.util.List;
import org.tensorflow.proto.DataType;

/**
 * Makes boxes of the raw answer of a head for boxes, in the graph: cells that are surer than their
 * neighbours, the surest of them, and of those of one label that overlap the surest. They are
 * shares of the picture, so that they hold for the picture as it was before it was resized, under
 * the names and in the order (top, left, bottom, right) of TensorFlow's detection models; labels
 * count from 0.
 */
final class BoxAnswers {

  private static final int MOST = BoxFormat.MOST;
  private static final float LEAST = 0.005f; // scores below rank behind everything
  private static final float OVERLAP = 0.6f; // of two boxes around one thing

  private final Scope g;
  private final int labels;

  BoxAnswers(GraphEditor editor, String name, int labels) {
    this.g = new Scope(editor, name + "_answers");
    this.labels = labels;
  }

  /** Adds the answers, by the names of the outputs. */
  ImmutableMap<String, TensorSpec> of(TensorRef raw) {
    TensorRef shape = g.add("Shape", raw);
    TensorRef rows = g.at(shape, 1);
    TensorRef columns = g.at(shape, 2);
    TensorRef cells = g.add("Mul", rows, columns);
    TensorRef centres = g.add("Sigmoid", channels(raw, 0, labels));
    TensorRef best = surest(padded(flat(peaks(centres), g.add("Mul", cells, g.scalar(labels)))));
    TensorRef scores = new TensorRef(best.node(), 0);
    TensorRef places = new TensorRef(best.node(), 1);
    TensorRef last = g.add("Sub", cells, g.scalar(1)); // a map may have fewer cells than answers
    TensorRef cell = g.add("Minimum", g.add("FloorDiv", places, g.scalar(labels)), last);
    TensorRef label = g.add("FloorMod", places, g.scalar(labels));
    TensorRef sides = flatRows(channels(raw, labels, BoxFormat.SIDES), cells);
    TensorRef boxes = boxes(gathered(sides, cell), cell, rows, columns);
    TensorRef kept = new Suppression(g, OVERLAP).kept(boxes, label, MOST);
    TensorRef sorted = surest(g.add("Mul", g.add("Mul", scores, sure(scores)), kept));
    TensorRef rank = new TensorRef(sorted.node(), 1);
    TensorRef answered = sure(sorted);
    TensorRef inside = g.add("Minimum", g.add("Relu", gathered(boxes, rank)), g.scalar(1f));
    TensorRef all = g.add("Mul", inside, g.add("ExpandDims", answered, g.scalar(2)));
    TensorRef names = g.cast(gathered(label, rank), DataType.DT_FLOAT);
    return ImmutableMap.of(
        BoxFormat.BOXES,
        spec(all, DType.FLOAT32, MOST, 4),
        BoxFormat.SCORES,
        spec(sorted, DType.FLOAT32, MOST),
        BoxFormat.LABELS,
        spec(g.add("Mul", names, answered), DType.FLOAT32, MOST),
        BoxFormat.COUNTS,
        spec(g.cast(g.add("Sum", answered, g.scalar(1)), DataType.DT_INT32), DType.INT32));
  }

  /** The outputs under names of their own, so that they are found in the graph. */
  private TensorSpec spec(TensorRef tensor, DType dtype, long... rest) {
    long[] dims = new long[rest.length + 1];
    dims[0] = Shape.UNKNOWN;
    System.arraycopy(rest, 0, dims, 1, rest.length);
    return new TensorSpec(g.add("Identity", tensor), dtype, Shape.of(dims));
  }

  private TensorRef channels(TensorRef raw, int from, int count) {
    return g.add("Slice", raw, g.ints(0, 0, 0, from), g.ints(-1, -1, -1, count));
  }

  /** Scores of cells that no neighbour is surer than; 0 for the others. */
  private TensorRef peaks(TensorRef scores) {
    TensorRef highest =
        g.op("MaxPool")
            .input(scores)
            .attr("ksize", Attrs.ints(1, 3, 3, 1))
            .attr("strides", Attrs.ints(1, 1, 1, 1))
            .attr("padding", "SAME")
            .output();
    return g.add("Mul", scores, g.cast(g.add("GreaterEqual", scores, highest), DataType.DT_FLOAT));
  }

  private TensorRef flat(TensorRef maps, TensorRef size) {
    return g.add("Reshape", maps, pack(g.scalar(-1), size));
  }

  private TensorRef flatRows(TensorRef maps, TensorRef cells) {
    return g.add("Reshape", maps, pack(g.scalar(-1), cells, g.scalar(BoxFormat.SIDES)));
  }

  private TensorRef pack(TensorRef... numbers) {
    return g.addList("Pack", List.of(numbers));
  }

  /** {@code scores} with as many zeros behind each row as there are answers. */
  private TensorRef padded(TensorRef scores) {
    TensorValue none = TensorValue.of(Shape.of(2, 2), new int[] {0, 0, 0, MOST});
    return g.add("Pad", scores, g.constant(none));
  }

  /** The highest scores and where they are. */
  private TensorRef surest(TensorRef scores) {
    return g.op("TopKV2").input(scores).input(g.scalar(MOST)).output();
  }

  /** 1 where a score is one, 0 where it is noise or nothing. */
  private TensorRef sure(TensorRef scores) {
    return g.cast(g.add("Greater", scores, g.scalar(LEAST)), DataType.DT_FLOAT);
  }

  /** What is at [N, most] places of each example. */
  private TensorRef gathered(TensorRef rows, TensorRef places) {
    return g.op("GatherV2")
        .input(rows)
        .input(places)
        .input(g.scalar(1))
        .attr("batch_dims", 1)
        .output();
  }

  /** [N, most, 4] shares of the picture: top, left, bottom, right. */
  private TensorRef boxes(TensorRef raw, TensorRef cell, TensorRef rows, TensorRef columns) {
    TensorRef reach = BoxFormat.reach(g, raw);
    TensorRef y = middle(g.add("FloorDiv", cell, columns));
    TensorRef x = middle(g.add("FloorMod", cell, columns));
    TensorRef height = g.cast(rows, DataType.DT_FLOAT);
    TensorRef width = g.cast(columns, DataType.DT_FLOAT);
    return g.op("Pack")
        .inputs(
            List.of(
                g.add("RealDiv", g.add("Sub", y, side(reach, 1)), height),
                g.add("RealDiv", g.add("Sub", x, side(reach, 0)), width),
                g.add("RealDiv", g.add("AddV2", y, side(reach, 3)), height),
                g.add("RealDiv", g.add("AddV2", x, side(reach, 2)), width)))
        .attr("axis", -1)
        .output();
  }

  private TensorRef middle(TensorRef cell) {
    return g.add("AddV2", g.cast(cell, DataType.DT_FLOAT), g.scalar(0.5f));
  }

  private TensorRef side(TensorRef reach, int side) {
    return g.add("GatherV2", reach, g.scalar(side), g.scalar(-1));
  }
}
