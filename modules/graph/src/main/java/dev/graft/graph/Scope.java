package dev.graft.graph;

import dev.graft.tensor.DType;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.nio.ByteBuffer;
import java.util.List;
import org.tensorflow.proto.DataType;

/**
 * Adds nodes to a graph under one name prefix, in the short form that builders of small graphs
 * need.
 *
 * <pre>{@code
 * Scope loss = new Scope(editor, "loss");
 * TensorRef squared = loss.add("Square", loss.add("Sub", predicted, wanted));
 * TensorRef mean = loss.add("Mean", squared, loss.ints(0));
 * }</pre>
 */
public final class Scope {

  private final GraphEditor editor;
  private final String prefix;
  private final String device;

  /** A scope in {@code editor} whose nodes are called {@code prefix/...}. */
  public Scope(GraphEditor editor, String prefix) {
    this(editor, prefix, "");
  }

  private Scope(GraphEditor editor, String prefix, String device) {
    this.editor = editor;
    this.prefix = prefix;
    this.device = device;
  }

  /** The editor that the nodes go to. */
  public GraphEditor editor() {
    return editor;
  }

  /** A scope inside this one. */
  public Scope in(String name) {
    return new Scope(editor, name(name), device);
  }

  /** This scope, with its nodes asking for {@code device} as TensorFlow writes it. */
  public Scope on(String wanted) {
    return new Scope(editor, prefix, wanted);
  }

  /** {@code name} under this scope's prefix. */
  public String name(String name) {
    return prefix.isEmpty() ? name : prefix + "/" + name;
  }

  /** Starts a node that is named after its op. */
  public OpBuilder op(String type) {
    return editor.op(type).name(name(type)).device(device);
  }

  /** Adds a node that needs nothing but these inputs, one for each argument. */
  public TensorRef add(String type, TensorRef... inputs) {
    OpBuilder op = op(type);
    for (TensorRef input : inputs) {
      op.input(input);
    }
    return op.output();
  }

  /** Adds the element {@code index} of a vector, such as a size of a shape. */
  public TensorRef at(TensorRef vector, int index) {
    return add("GatherV2", vector, scalar(index), scalar(0));
  }

  /** Adds a node whose one argument is the list {@code inputs}. */
  public TensorRef addList(String type, List<TensorRef> inputs) {
    return op(type).inputs(inputs).output();
  }

  /** {@code tensor} as {@code dtype}; itself if it has that dtype already. */
  public TensorRef cast(TensorRef tensor, DataType dtype) {
    return editor.dtype(tensor) == dtype
        ? tensor
        : op("Cast").input(tensor).attr("DstT", dtype).output();
  }

  /** A constant. */
  public TensorRef constant(TensorValue value) {
    return op("Const")
        .attr("dtype", value.dtype().proto())
        .attr("value", Attrs.of(value.toProto()))
        .output();
  }

  /** An int32 scalar. */
  public TensorRef scalar(int value) {
    return constant(TensorValue.scalar(value));
  }

  /** A float32 scalar. */
  public TensorRef scalar(float value) {
    return constant(TensorValue.scalar(value));
  }

  /** A scalar of the dtype of {@code like}. */
  public TensorRef scalarLike(TensorRef like, double value) {
    DataType dtype = editor.dtype(like);
    return switch (dtype) {
      case DT_FLOAT -> scalar((float) value);
      case DT_DOUBLE -> constant(TensorValue.of(Shape.scalar(), new double[] {value}));
      default -> cast(constant(TensorValue.of(Shape.scalar(), new double[] {value})), dtype);
    };
  }

  /** An int32 vector. */
  public TensorRef ints(int... values) {
    return constant(TensorValue.of(Shape.of(values.length), values));
  }

  /** A float32 vector. */
  public TensorRef floats(float... values) {
    return constant(TensorValue.of(Shape.of(values.length), values));
  }

  /** A truth table of the given shape. */
  public TensorRef bools(Shape shape, boolean... values) {
    ByteBuffer bytes = ByteBuffer.allocate(values.length);
    for (boolean value : values) {
      bytes.put((byte) (value ? 1 : 0));
    }
    return constant(TensorValue.of(DType.BOOL, shape, bytes.flip()));
  }
}
