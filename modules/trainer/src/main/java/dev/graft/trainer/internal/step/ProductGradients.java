package dev.graft.trainer.internal.step;

import dev.graft.graph.Attrs;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Nodes;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.graph.op.OpRegistry;
import dev.graft.tensor.TensorValue;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.NodeDef;

/**
 * The gradients of the filters of 1x1 convolutions, and of the bias behind one, as products of
 * matrices with a row for each pixel. TensorFlow's Conv2DBackpropFilter and BiasAddGrad give the
 * same and take longer on some processors: of a training step of ResNet50 a few hundredths in
 * float32, and a fifth in bfloat16 where there is AMX.
 */
final class ProductGradients {

  private static final OpRegistry OPS = OpRegistry.standard();

  /** So few filters are the rows of the product: as its columns they take twice as long. */
  private static final int NARROW = 16;

  private final Graph graph;
  private final GraphEditor editor;
  private final Map<TensorRef, Integer> filters = new HashMap<>(); // by gradients of their outputs

  private ProductGradients(Graph graph) {
    this.graph = graph;
    this.editor = graph.edit();
  }

  /** {@code graph} with products for these gradients; itself if there are none. */
  static Graph in(Graph graph) {
    List<NodeDef> ofFilters = ofOp(graph, "Conv2DBackpropFilter");
    if (ofFilters.stream().noneMatch(node -> sizes(graph, node).isPresent())) {
      return graph;
    }
    ProductGradients products = new ProductGradients(graph);
    ofFilters.forEach(products::replaceFilter);
    ofOp(graph, "BiasAddGrad").forEach(products::replaceBias);
    return products.editor.build();
  }

  private static List<NodeDef> ofOp(Graph graph, String op) {
    return graph.nodes().stream().filter(node -> node.getOp().equals(op)).toList();
  }

  /**
   * Channels and filters of a 1x1 convolution; none where it is another, or too little is known.
   */
  private static Optional<int[]> sizes(Graph graph, NodeDef gradient) {
    NodeDef sizes = graph.node(Nodes.dataInput(gradient, 1).node());
    DataType dtype = OPS.required(gradient, "T").getType();
    if (!sizes.getOp().equals("Const")
        || dtype != DataType.DT_FLOAT && dtype != DataType.DT_DOUBLE
        || !isChannelsLast(gradient)
        || OPS.required(gradient, "padding").getS().toStringUtf8().equals("EXPLICIT")) {
      return Optional.empty();
    }
    int[] filter = TensorValue.from(sizes.getAttrOrThrow("value").getTensor()).ints();
    boolean isPointwise = filter[0] == 1 && filter[1] == 1 && filter[2] > 0 && filter[3] > 0;
    return isPointwise ? Optional.of(new int[] {filter[2], filter[3]}) : Optional.empty();
  }

  private static boolean isChannelsLast(NodeDef node) {
    return OPS.required(node, "data_format").getS().toStringUtf8().equals("NHWC");
  }

  /** That of x * filter with the pixels of x which the stride meets. */
  private void replaceFilter(NodeDef node) {
    Optional<int[]> sizes = sizes(graph, node);
    if (sizes.isEmpty()) {
      return;
    }
    Scope g = scope(node);
    TensorRef dy = Nodes.dataInput(node, 2);
    int width = sizes.get()[1];
    filters.put(dy, width);
    List<Long> strides = OPS.required(node, "strides").getList().getIList();
    TensorRef x = Nodes.dataInput(node, 0);
    TensorRef met =
        strides.stream().allMatch(stride -> stride == 1) ? x : everyOther(g, x, strides);
    TensorRef pixels = rows(g, met, sizes.get()[0]);
    TensorRef product =
        width > NARROW
            ? product(g, pixels, rows(g, dy, width))
            : g.add("Transpose", product(g, rows(g, dy, width), pixels), g.ints(1, 0));
    editor.standIn(node.getName(), g.add("Reshape", product, Nodes.dataInput(node, 1)));
  }

  /** a transposed, times b. */
  private static TensorRef product(Scope g, TensorRef a, TensorRef b) {
    return g.op("MatMul").input(a).input(b).attr("transpose_a", true).output();
  }

  /** That of a bias added to the convolution's output: the sum of the rows. */
  private void replaceBias(NodeDef node) {
    TensorRef dy = Nodes.dataInput(node, 0);
    Integer width = filters.get(dy);
    if (width == null || !isChannelsLast(node)) { // else the bias is not one for each filter
      return;
    }
    Scope g = scope(node);
    TensorRef rows = rows(g, dy, width);
    TensorRef count = g.at(g.add("Shape", rows), 0);
    TensorRef height = g.addList("Pack", List.of(g.scalar(1), count));
    TensorRef ones = g.add("Fill", height, g.scalarLike(dy, 1));
    TensorRef sum = g.add("Reshape", g.add("MatMul", ones, rows), g.ints(width));
    editor.standIn(node.getName(), sum);
  }

  private Scope scope(NodeDef node) {
    return new Scope(editor, editor.uniqueName(node.getName() + "/product"));
  }

  /** Each stride's first pixel, as the mean of that one: StridedSlice takes many times as long. */
  private static TensorRef everyOther(Scope g, TensorRef x, List<Long> strides) {
    return g.op("AvgPool")
        .input(x)
        .attr("ksize", Attrs.ints(1, 1, 1, 1))
        .attr("strides", Attrs.ints(1, strides.get(1), strides.get(2), 1))
        .attr("padding", "VALID")
        .output();
  }

  private static TensorRef rows(Scope g, TensorRef x, int width) {
    return g.add("Reshape", x, g.ints(-1, width));
  }
}
