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

  private static final int MOST = 100; // as many as COCO's measure looks at
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
    TensorRef best = surest(flat(peaks(centres), g.add("Mul", cells, g.scalar(labels))));
    TensorRef scores = new TensorRef(best.node(), 0);
    TensorRef places = new TensorRef(best.node(), 1);
    TensorRef cell = g.add("FloorDiv", places, g.scalar(labels));
    TensorRef label = g.add("FloorMod", places, g.scalar(labels));
    TensorRef sides = flatRows(channels(raw, labels, BoxFormat.SIDES), cells);
    TensorRef boxes = boxes(gathered(sides, cell), cell, rows, columns);
    TensorRef ofLabels = g.add("Mul", oneHot(label), g.add("ExpandDims", scores, g.scalar(-1)));
    String suppressed =
        g.op("CombinedNonMaxSuppression")
            .input(g.add("ExpandDims", boxes, g.scalar(2)))
            .input(ofLabels)
            .input(g.scalar(MOST))
            .input(g.scalar(MOST))
            .input(g.scalar(OVERLAP))
            .input(g.scalar(LEAST))
            .attr("clip_boxes", true)
            .node();
    return ImmutableMap.of(
        BoxFormat.BOXES,
        spec(new TensorRef(suppressed, 0), DType.FLOAT32, MOST, 4),
        BoxFormat.SCORES,
        spec(new TensorRef(suppressed, 1), DType.FLOAT32, MOST),
        BoxFormat.LABELS,
        spec(new TensorRef(suppressed, 2), DType.FLOAT32, MOST),
        BoxFormat.COUNTS,
        spec(new TensorRef(suppressed, 3), DType.INT32));
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

  /** The highest scores and where they are. */
  private TensorRef surest(TensorRef scores) {
    TensorRef size = g.at(g.add("Shape", scores), 1);
    return g.op("TopKV2").input(scores).input(g.add("Minimum", size, g.scalar(MOST))).output();
  }

  /** Rows of [N, cells, 4] at [N, most] places of each example. */
  private TensorRef gathered(TensorRef rows, TensorRef places) {
    return g.op("GatherV2")
        .input(rows)
        .input(places)
        .input(g.scalar(1))
        .attr("batch_dims", 1)
        .output();
  }

  private TensorRef oneHot(TensorRef label) {
    return g.op("OneHot")
        .input(label)
        .input(g.scalar(labels))
        .input(g.scalar(1f))
        .input(g.scalar(0f))
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
