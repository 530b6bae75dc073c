package dev.graft.autodiff.internal.engine;

import dev.graft.graph.Attrs;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Nodes;
import dev.graft.graph.OpBuilder;
import dev.graft.graph.TensorRef;
import dev.graft.graph.op.OpRegistry;
import dev.graft.tensor.DType;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.TensorProto;

/**
 * Writes expressions into a graph, for rules. New nodes are named after the node that is being
 * differentiated. What is known beforehand (shapes, constants) becomes a constant instead of nodes
 * that compute it.
 */
public final class Ops {

  private final GraphEditor editor;
  private final Shapes shapes;
  private final Library library;
  private final Map<TensorRef, Shape> learned = new HashMap<>();
  private final Map<TensorProto, TensorRef> constants = new HashMap<>();
  private final Map<Object, TensorRef> shapeNodes = new HashMap<>();
  private String scope = "gradients";

  public Ops(GraphEditor editor, Shapes shapes, Library library) {
    this.editor = editor;
    this.shapes = shapes;
    this.library = library;
  }

  /** The functions that all graphs of this run share. */
  public Library library() {
    return library;
  }

  /** Names what follows after {@code node}. */
  public void enter(String node) {
    scope = "gradients/" + node;
  }

  /** Where new nodes go. */
  public String scope() {
    return scope;
  }

  public GraphEditor editor() {
    return editor;
  }

  // ---- nodes

  /** A node of any op, for those with attributes to set. */
  public OpBuilder op(String type) {
    return editor.op(type).name(scope + "/" + type);
  }

  /** The first output of a node whose arguments are single tensors. */
  public TensorRef call(String type, TensorRef... inputs) {
    OpBuilder node = op(type);
    for (TensorRef input : inputs) {
      node.input(input);
    }
    return node.output();
  }

  /** A node of op {@code type} with those attributes of {@code like} that {@code keys} name. */
  public OpBuilder op(String type, NodeDef like, String... keys) {
    OpBuilder node = op(type);
    for (String key : keys) {
      var value = OpRegistry.standard().attr(like, key);
      if (value != null) {
        node.attr(key, value);
      }
    }
    return node;
  }

  public DataType dtype(TensorRef tensor) {
    return editor.dtype(tensor);
  }

  // ---- constants

  TensorRef constant(TensorProto value) {
    return constants.computeIfAbsent(
        value,
        v ->
            editor
                .op("Const")
                .name("gradients/Const")
                .attr("dtype", v.getDtype())
                .attr("value", Attrs.of(v))
                .output());
  }

  /** An int32 vector. */
  public TensorRef ints(int... values) {
    return constant(TensorValue.of(Shape.of(values.length), values).toProto());
  }

  public TensorRef ints(List<Integer> values) {
    return ints(values.stream().mapToInt(Integer::intValue).toArray());
  }

  /** An int32 scalar. */
  public TensorRef integer(int value) {
    return constant(TensorValue.scalar(value).toProto());
  }

  /** A scalar of any numeric dtype. */
  public TensorRef scalar(DataType dtype, double value) {
    return constant(Scalars.of(dtype, value));
  }

  /** A scalar of the dtype of {@code like}. */
  public TensorRef scalarLike(TensorRef like, double value) {
    return scalar(dtype(like), value);
  }

  /** The value of {@code tensor} if it is a constant of the graph. */
  @Nullable TensorValue constantValue(TensorRef tensor) {
    NodeDef node = Nodes.behindIdentity(editor.node(tensor.node()), editor::node);
    return node.getOp().equals("Const")
        ? TensorValue.from(node.getAttrOrThrow("value").getTensor())
        : null;
  }

  /** The integers that {@code tensor} holds, if it is a constant of int32 or int64. */
  public int @Nullable [] constantInts(TensorRef tensor) {
    DataType type = dtype(tensor);
    if (type != DataType.DT_INT32 && type != DataType.DT_INT64) {
      return null;
    }
    TensorValue value = constantValue(tensor);
    return value == null ? null : Arrays.stream(value.asDoubles()).mapToInt(d -> (int) d).toArray();
  }

  // ---- shapes

  /** Whether anything is known about shapes. */
  public boolean knowsShapes() {
    return shapes != Shapes.NONE;
  }

  /** The variable whose handle {@code handle} is, if that can be seen from here. */
  @Nullable
  public NodeDef variable(TensorRef handle) {
    NodeDef node = Nodes.behindIdentity(editor.node(handle.node()), editor::node);
    return node.getOp().equals("VarHandleOp") ? node : null;
  }

  /** What is known about the shape of {@code tensor}. */
  public Shape shapeOf(TensorRef tensor) {
    return NamedShapes.known(namedShapeOf(tensor));
  }

  /** What is known about the shape of {@code tensor}, with names: see {@link NamedShapes}. */
  public Shape namedShapeOf(TensorRef tensor) {
    Shape known = learned.get(tensor);
    return known != null ? known : shapes.of(tensor);
  }

  /** Records that {@code tensor} has the shape of {@code like}; gives {@code tensor}. */
  public TensorRef sameShape(TensorRef tensor, TensorRef like) {
    Shape shape = namedShapeOf(like);
    if (shape.hasRank()) {
      learned.put(tensor, shape);
    }
    return tensor;
  }

  /** The shape of {@code tensor} as an int32 vector. */
  public TensorRef shape(TensorRef tensor) {
    Shape known = namedShapeOf(tensor);
    if (known.isFullyKnown()) {
      return ints(Arrays.stream(known.dims()).mapToInt(Math::toIntExact).toArray());
    }
    Object what = NamedShapes.isDetermined(known) ? known : tensor; // one node for all alike
    return shapeNodes.computeIfAbsent(what, x -> call("Shape", tensor));
  }

  /** The rank of {@code tensor} as an int32 scalar. */
  public TensorRef rank(TensorRef tensor) {
    Shape known = shapeOf(tensor);
    return known.hasRank() ? integer(known.rank()) : call("Rank", tensor);
  }

  /** How many elements {@code tensor} has, as an int32 scalar. */
  public TensorRef size(TensorRef tensor) {
    Shape known = shapeOf(tensor);
    return known.isFullyKnown() ? integer((int) known.elements()) : call("Size", tensor);
  }

  public TensorRef reshape(TensorRef x, TensorRef shape) {
    return call("Reshape", x, shape);
  }

  /** {@code x} in the shape of {@code like}, which has as many elements. */
  public TensorRef reshapeLike(TensorRef x, TensorRef like) {
    Shape to = shapeOf(like);
    if (to.isFullyKnown() && to.equals(shapeOf(x))) {
      return x;
    }
    TensorRef wanted = inferable(to) ? ints(to) : shape(like);
    return sameShape(reshape(x, wanted), like);
  }

  /** Whether Reshape can work out {@code shape} from the number of elements. */
  public static boolean inferable(Shape shape) {
    if (!shape.hasRank()) {
      return false;
    }
    long unknown = Arrays.stream(shape.dims()).filter(d -> d < 0).count();
    return unknown == 0 || unknown == 1 && Arrays.stream(shape.dims()).noneMatch(d -> d == 0);
  }

  private TensorRef ints(Shape shape) {
    return ints(Arrays.stream(shape.dims()).mapToInt(Math::toIntExact).toArray());
  }

  public TensorRef expandDims(TensorRef x, int axis) {
    return call("ExpandDims", x, integer(axis));
  }

  public TensorRef broadcastTo(TensorRef x, TensorRef shape) {
    return call("BroadcastTo", x, shape);
  }

  public TensorRef transpose(TensorRef x, int... perm) {
    boolean same = IntStream.range(0, perm.length).allMatch(i -> perm[i] == i);
    return same ? x : call("Transpose", x, ints(perm));
  }

  public TensorRef concat(int axis, List<TensorRef> parts) {
    return parts.size() == 1
        ? parts.get(0)
        : op("ConcatV2").inputs(parts).input(integer(axis)).output();
  }

  /** Scalars as one vector. */
  public TensorRef pack(TensorRef... parts) {
    return op("Pack").inputs(List.of(parts)).output();
  }

  public TensorRef slice(TensorRef x, TensorRef begin, TensorRef size) {
    return call("Slice", x, begin, size);
  }

  /** Elements {@code from} to {@code to} (exclusive; negative counts from the end) of a vector. */
  public TensorRef elements(TensorRef vector, int from, int to) {
    return op("StridedSlice")
        .input(vector)
        .input(ints(from))
        .input(ints(to))
        .input(ints(1))
        .attr("end_mask", to == 0 ? 1 : 0)
        .output();
  }

  /** Element {@code i} of a vector, as a scalar. */
  public TensorRef element(TensorRef vector, int i) {
    return op("StridedSlice")
        .input(vector)
        .input(ints(i))
        .input(ints(i + 1))
        .input(ints(1))
        .attr("end_mask", i == -1 ? 1 : 0)
        .attr("shrink_axis_mask", 1)
        .output();
  }

  public TensorRef gather(TensorRef params, TensorRef indices, int axis) {
    return call("GatherV2", params, indices, integer(axis));
  }

  public TensorRef range(TensorRef from, TensorRef to) {
    return call("Range", from, to, integer(1));
  }

  // ---- arithmetic

  public TensorRef add(TensorRef a, TensorRef b) {
    return call("AddV2", a, b);
  }

  public TensorRef add(TensorRef a, double b) {
    return add(a, scalarLike(a, b));
  }

  public TensorRef sub(TensorRef a, TensorRef b) {
    return call("Sub", a, b);
  }

  public TensorRef mul(TensorRef a, TensorRef b) {
    return call("Mul", a, b);
  }

  public TensorRef mul(TensorRef a, double b) {
    return b == 1 ? a : mul(a, scalarLike(a, b));
  }

  public TensorRef neg(TensorRef a) {
    return call("Neg", a);
  }

  public TensorRef square(TensorRef a) {
    return call("Square", a);
  }

  /** The complex conjugate; a real tensor is its own. */
  public TensorRef conj(TensorRef a) {
    return DType.of(dtype(a)).isComplex() ? call("Conj", a) : a;
  }

  /** {@code x} as {@code dtype}; nothing is added if it is that already. */
  public TensorRef cast(TensorRef x, DataType dtype) {
    return dtype(x) == dtype ? x : op("Cast").input(x).attr("DstT", dtype).output();
  }

  public TensorRef zerosLike(TensorRef x) {
    return sameShape(call("ZerosLike", x), x);
  }

  /** {@code a} where {@code condition} holds, elsewhere {@code b}; shapes broadcast. */
  public TensorRef where(TensorRef condition, TensorRef a, TensorRef b) {
    return call("SelectV2", condition, a, b);
  }

  public TensorRef greater(TensorRef a, TensorRef b) {
    return call("Greater", a, b);
  }

  public TensorRef matmul(TensorRef a, TensorRef b, boolean transposeA, boolean transposeB) {
    return op("MatMul")
        .input(a)
        .input(b)
        .attr("transpose_a", transposeA)
        .attr("transpose_b", transposeB)
        .output();
  }

  public TensorRef sum(TensorRef x, TensorRef axes, boolean keepDims) {
    return op("Sum").input(x).input(axes).attr("keep_dims", keepDims).output();
  }

  public TensorRef sum(TensorRef x, boolean keepDims, int... axes) {
    return sum(x, ints(axes), keepDims);
  }

  public TensorRef prod(TensorRef vector) {
    return op("Prod").input(vector).input(ints(0)).output();
  }

  /** The sum of tensors of one shape. */
  TensorRef addN(List<TensorRef> parts) {
    return parts.size() == 1 ? parts.get(0) : op("AddN").inputs(parts).output();
  }
}
