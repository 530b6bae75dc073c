package dev.graft.trainer.internal.graph;

import dev.graft.graph.Attrs;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Nodes;
import dev.graft.graph.TensorRef;
import dev.graft.graph.op.OpKinds;
import dev.graft.graph.op.OpRegistry;
import dev.graft.runtime.ShapeInference;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.tensorflow.proto.NodeDef;

/**
 * Convolutions that read a picture with zeros around it, as Keras' ZeroPadding2D puts them before
 * many a convolution with a stride. Where these zeros are those of padding SAME, and that depends
 * on the picture's size, the convolution may as well see to them itself: it gives the same to the
 * last bit, and neither it nor its gradient copies the picture.
 */
public final class SamePadding {

  private static final OpRegistry OPS = OpRegistry.standard();

  private final Graph graph;
  private final Set<String> fed;
  private final ShapeInference shapes;

  private SamePadding(Graph graph, Set<String> fed) {
    this.graph = graph;
    this.fed = fed;
    this.shapes = ShapeInference.of(graph);
  }

  /**
   * {@code graph} with padding SAME where it does.
   *
   * @param feeds tensors that a run is given: what reads one keeps reading it
   */
  public static Graph in(Graph graph, Collection<TensorRef> feeds) {
    List<NodeDef> candidates =
        graph.nodes().stream()
            .filter(node -> OpKinds.isConvolution(node.getOp()))
            .filter(node -> graph.node(Nodes.dataInput(node, 0).node()).getOp().equals("Pad"))
            .toList();
    if (candidates.isEmpty()) {
      return graph;
    }
    Set<String> fed = feeds.stream().map(TensorRef::node).collect(Collectors.toSet());
    SamePadding padding = new SamePadding(graph, fed);
    GraphEditor editor = graph.edit();
    candidates.stream().filter(padding::isSame).forEach(node -> editor.replace(padding.of(node)));
    return editor.build();
  }

  private NodeDef of(NodeDef convolution) {
    return convolution.toBuilder()
        .setInput(0, Nodes.dataInput(pad(convolution), 0).asInput())
        .putAttr("padding", Attrs.of("SAME"))
        .build();
  }

  private NodeDef pad(NodeDef convolution) {
    return graph.node(Nodes.dataInput(convolution, 0).node());
  }

  private boolean isSame(NodeDef convolution) {
    NodeDef pad = pad(convolution);
    if (fed.contains(pad.getName()) || pad.getInputCount() != 2 || !isPlain(convolution)) {
      return false;
    }
    Shape input = shapes.shape(Nodes.dataInput(pad, 0));
    Shape filter = shapes.shape(Nodes.dataInput(convolution, 1));
    NodeDef paddings = graph.node(Nodes.dataInput(pad, 1).node());
    return input.rank() == 4
        && filter.rank() == 4
        && paddings.getOp().equals("Const")
        && Arrays.equals(
            TensorValue.from(paddings.getAttrOrThrow("value").getTensor()).asDoubles(),
            same(convolution, input, filter));
  }

  private static boolean isPlain(NodeDef convolution) {
    return OPS.required(convolution, "padding").getS().toStringUtf8().equals("VALID")
        && OPS.required(convolution, "dilations").getList().getIList().stream()
            .allMatch(d -> d == 1);
  }

  /**
   * The zeros that padding SAME puts before and after each axis, as Pad takes them; see
   * GetWindowedOutputSizeVerbose in TensorFlow. Those of an unknown size are no numbers.
   */
  private static double[] same(NodeDef convolution, Shape input, Shape filter) {
    String format = OPS.required(convolution, "data_format").getS().toStringUtf8();
    List<Long> strides = OPS.required(convolution, "strides").getList().getIList();
    double[] paddings = new double[8];
    for (int spatial = 0; spatial < 2; spatial++) {
      int axis = format.indexOf("HW".charAt(spatial));
      long size = input.dim(axis);
      long window = filter.dim(spatial);
      long stride = strides.get(axis);
      long answers = (size + stride - 1) / stride;
      long all = Math.max((answers - 1) * stride + window - size, 0);
      boolean known = size >= 0 && window >= 0;
      paddings[2 * axis] = known ? all / 2 : Double.NaN;
      paddings[2 * axis + 1] = known ? all - all / 2 : Double.NaN;
    }
    return paddings;
  }
}
