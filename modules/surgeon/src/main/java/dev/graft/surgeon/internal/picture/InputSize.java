package dev.graft.surgeon.internal.picture;

import com.google.common.collect.ImmutableMap;
import dev.graft.error.BadRequestException;
import dev.graft.graph.Attrs;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Nodes;
import dev.graft.graph.TensorRef;
import dev.graft.model.InputSpec;
import dev.graft.model.Layer;
import dev.graft.model.Model;
import dev.graft.model.Signature;
import dev.graft.model.TensorSpec;
import dev.graft.surgeon.Edit;
import dev.graft.surgeon.internal.analysis.StaticShapes;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.NodeDef;

/**
 * Rebuilds a convolutional network for pictures of another size, as giving Keras another {@code
 * input_shape} does: its weights stay, the feature maps grow or shrink.
 */
public final class InputSize extends Edit {

  private final int height;
  private final int width;

  public InputSize(int height, int width) {
    if (height < 1 || width < 1) {
      throw new BadRequestException(
          "pictures have at least one row and column, not " + height + "x" + width + ".");
    }
    this.height = height;
    this.width = width;
  }

  @Override
  protected String operation() {
    return "inputSize";
  }

  @Override
  protected ImmutableMap<String, String> arguments() {
    return ImmutableMap.of("height", Integer.toString(height), "width", Integer.toString(width));
  }

  @Override
  protected Model edit(Model model) {
    return on(model);
  }

  /** {@code model} for pictures of that size. */
  public Model on(Model model) {
    InputSpec input = InputAdapter.find(model, "");
    Shape old = input.shape();
    Extent.Grid size = new Extent.Grid(old.dim(1), old.dim(2), height, width);
    if (size.isUnchanged()) {
      return model;
    }
    Graph graph = model.graph();
    GraphEditor editor = graph.edit();
    Rewriting rewriting = new Rewriting(editor, new HashSet<>());
    Map<TensorRef, Extent> extents =
        SpatialExtents.of(model, input.tensor(), size, rewriting, true);
    note(model, input.tensor(), extents, editor);
    Model resized =
        model.toBuilder()
            .graph(editor.build())
            .layers(
                model.layers().stream()
                    .map(layer -> resized(layer, extents))
                    .map(layer -> acting(layer, graph, rewriting.nodes()))
                    .toList())
            .signatures(model.signatures().values().stream().map(s -> resized(s, extents)).toList())
            .build();
    return InputAdapter.reshape(resized, input.shape(old.dim(1, height).dim(2, width)));
  }

  /** Takes the file's notes on shapes out, and puts in what is known of the new ones. */
  private static void note(
      Model model, TensorRef input, Map<TensorRef, Extent> extents, GraphEditor editor) {
    StaticShapes before = new StaticShapes(model);
    for (String node : model.graph().downstream(List.of(input.node()))) {
      NodeDef.Builder noted = editor.node(node).toBuilder().removeAttr("_output_shapes");
      TensorRef tensor = TensorRef.of(node);
      Extent extent = extents.get(tensor);
      Shape old = extent == null ? Shape.unknown() : before.of(tensor);
      if (extent != null && isKnown(extent, old)) {
        List<Shape> shapes =
            new ArrayList<>(
                Collections.nCopies(model.graph().outputTypes(node).size(), Shape.unknown()));
        shapes.set(0, resized(old, extent));
        noted.putAttr("_output_shapes", Attrs.shapes(shapes));
      }
      editor.replace(noted.build());
    }
  }

  private static boolean isKnown(Extent extent, Shape old) {
    return extent instanceof Extent.Grid && old.rank() == 4
        || extent instanceof Extent.Line && old.rank() == 3;
  }

  /**
   * {@code layer} without the training=True functions, its own and those of layers inside it, that
   * hold a size which was rewritten in the graph: they know the old one.
   */
  private static Layer acting(Layer layer, Graph graph, Set<String> rewritten) {
    Layer inside =
        layer.toBuilder()
            .children(layer.children().stream().map(c -> acting(c, graph, rewritten)).toList())
            .build();
    if (layer.functions().findAny().isEmpty() || rewritten.isEmpty()) {
      return inside;
    }
    Set<String> between =
        new HashSet<>(graph.upstream(layer.outputs().stream().map(TensorRef::node).toList()));
    between.retainAll(graph.downstream(layer.inputs().stream().map(TensorRef::node).toList()));
    layer.inputs().forEach(read -> between.remove(read.node()));
    return Collections.disjoint(between, rewritten)
        ? inside
        : inside.toBuilder().asInInference().build();
  }

  /**
   * Puts new numbers into shapes, each in a constant of its own: others may read the old one.
   *
   * @param nodes those that read what was rewritten
   */
  private record Rewriting(GraphEditor editor, Set<String> nodes)
      implements SpatialExtents.Rewriter {

    @Override
    public void shape(NodeDef reader, int in, int index, long value) {
      nodes.add(reader.getName());
      TensorRef shape = Nodes.dataInput(editor.node(reader.getName()), in);
      NodeDef holder = editor.node(shape.node());
      if (holder.getOp().equals("Pack")) {
        DataType dtype = editor.dtype(Nodes.dataInput(holder, index));
        TensorRef fresh = constant(reader, dtype, Shape.scalar(), new long[] {value});
        read(holder, index, fresh);
        return;
      }
      while (!holder.getOp().equals("Const")) {
        holder = editor.node(Nodes.dataInput(holder, 0).node());
      }
      TensorValue old = TensorValue.from(holder.getAttrOrThrow("value").getTensor());
      double[] numbers = old.asDoubles();
      long[] dims = new long[numbers.length];
      for (int i = 0; i < dims.length; i++) {
        dims[i] = i == index ? value : (long) numbers[i];
      }
      read(
          editor.node(reader.getName()),
          in,
          constant(reader, old.dtype().proto(), old.shape(), dims));
    }

    private TensorRef constant(NodeDef reader, DataType dtype, Shape shape, long[] values) {
      int[] ints = new int[values.length];
      for (int i = 0; i < ints.length; i++) {
        ints[i] = Math.toIntExact(values[i]);
      }
      return editor.constant(
          reader.getName() + "/size",
          dtype == DataType.DT_INT64 ? TensorValue.of(shape, values) : TensorValue.of(shape, ints));
    }

    private void read(NodeDef node, int in, TensorRef tensor) {
      editor.replace(node.toBuilder().setInput(in, tensor.node()).build());
    }

    @Override
    public void window(NodeDef node, long rows, long columns) {
      nodes.add(node.getName());
      editor.replace(
          editor.node(node.getName()).toBuilder()
              .putAttr("ksize", Attrs.ints(1, rows, columns, 1))
              .build());
    }
  }

  private static Layer resized(Layer layer, Map<TensorRef, Extent> extents) {
    List<Layer> children = layer.children().stream().map(c -> resized(c, extents)).toList();
    Layer same = layer.toBuilder().children(children).build();
    Extent extent = layer.outputs().isEmpty() ? null : extents.get(layer.outputs().get(0));
    return extent == null
        ? same
        : same.toBuilder()
            .tensors(layer.inputs(), layer.outputs(), resized(layer.outputShape(), extent))
            .build();
  }

  private static Signature resized(Signature signature, Map<TensorRef, Extent> extents) {
    Map<String, TensorSpec> outputs = new LinkedHashMap<>();
    signature
        .outputs()
        .forEach(
            (name, spec) -> {
              Extent extent = extents.get(spec.tensor());
              outputs.put(
                  name,
                  extent == null
                      ? spec
                      : new TensorSpec(spec.tensor(), spec.dtype(), resized(spec.shape(), extent)));
            });
    return signature.with(signature.inputs(), ImmutableMap.copyOf(outputs));
  }

  private static Shape resized(Shape shape, Extent extent) {
    if (shape.rank() < 3) {
      return shape;
    }
    if (extent instanceof Extent.Grid grid && shape.rank() == 4) {
      return shape.dim(1, grid.height()).dim(2, grid.width());
    }
    if (extent instanceof Extent.Line line && shape.rank() == 3) {
      return shape.dim(1, line.count());
    }
    Shape free = shape;
    for (int i = 1; i < shape.rank() - 1; i++) {
      free = free.dim(i, Shape.UNKNOWN);
    }
    return free;
  }
}
