package dev.graft.autodiff.internal.engine;

import dev.graft.autodiff.gradient.Gradient;
import dev.graft.graph.Nodes;
import dev.graft.graph.TensorRef;
import dev.graft.graph.op.OpRegistry;
import dev.graft.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.NodeDef;

/**
 * One node on the way back: what a {@link Rule} sees and fills in. Inputs and outputs count from 0;
 * control inputs are left out.
 */
public final class Backprop {

  private final NodeDef node;
  private final Ops t;
  private final List<TensorRef> inputs;
  private final @Nullable Gradient[] outgoing;
  private final boolean[] wanted;
  private final @Nullable Gradient[] given;
  private final Cotangents.@Nullable Item[] items;

  Backprop(NodeDef node, Ops t, @Nullable Gradient[] outgoing, boolean[] wanted) {
    this.node = node;
    this.t = t;
    this.inputs = Nodes.dataInputs(node);
    this.outgoing = outgoing;
    this.wanted = wanted;
    this.given = new Gradient[inputs.size()];
    this.items = new Cotangents.Item[inputs.size()];
  }

  public NodeDef node() {
    return node;
  }

  public int inputCount() {
    return inputs.size();
  }

  public int outputCount() {
    return outgoing.length;
  }

  public TensorRef in(int i) {
    return inputs.get(i);
  }

  public List<TensorRef> inputs() {
    return inputs;
  }

  public TensorRef out(int i) {
    return new TensorRef(node.getName(), i);
  }

  /** Whether anybody wants the gradient of input {@code i}. */
  public boolean wants(int i) {
    return wanted[i];
  }

  /** Whether a gradient arrived at output {@code i}. */
  public boolean has(int i) {
    return outgoing[i] != null;
  }

  /** The gradient of the first output. */
  public TensorRef dy() {
    return dy(0);
  }

  /** The gradient of output {@code i}, all zero if none arrived. */
  public TensorRef dy(int i) {
    Gradient gradient = outgoing[i];
    return gradient == null ? t.zerosLike(out(i)) : Cotangents.dense(gradient, t);
  }

  /** The gradient of output {@code i} in the form in which it arrived. */
  @Nullable
  public Gradient gradient(int i) {
    return outgoing[i];
  }

  /** Hands over the gradient of input {@code i}, which has that input's shape. */
  public void give(int i, TensorRef gradient) {
    give(i, new Gradient.Dense(t.sameShape(gradient, in(i))));
  }

  /** Hands over the gradient of input {@code i} if it is wanted; otherwise adds no nodes. */
  public void give(int i, Supplier<TensorRef> gradient) {
    if (wanted[i]) {
      give(i, gradient.get());
    }
  }

  /** Hands over the gradient of input {@code i}. */
  public void give(int i, Gradient gradient) {
    given[i] = gradient;
  }

  /**
   * Hands over the gradient of input {@code i} of an op that broadcasts its inputs to its output:
   * {@code gradient} has the output's shape and is summed to the input's. Adds no nodes if it is
   * not wanted.
   */
  public void reduce(int i, Supplier<TensorRef> gradient) {
    if (wanted[i]) {
      List<TensorRef> others = new ArrayList<>(inputs);
      others.remove(i);
      give(i, Broadcasting.sumTo(in(i), others, gradient.get(), t));
    }
  }

  /**
   * Hands over the gradient of input {@code i}, a list of tensors, where only one element has any.
   */
  public void giveItem(int i, TensorRef index, TensorRef value) {
    items[i] = new Cotangents.Item(index, value);
  }

  /** Passes on what was given for input {@code i}. */
  void handOver(int i, Cotangents to) {
    Gradient gradient = given[i];
    if (gradient != null) {
      to.add(inputs.get(i), gradient);
    }
    Cotangents.Item item = items[i];
    if (item != null) {
      to.add(inputs.get(i), item);
    }
  }

  // ---- attributes, with the op's defaults filled in

  public AttrValue attr(String key) {
    return OpRegistry.standard().required(node, key);
  }

  public long integer(String key) {
    return attr(key).getI();
  }

  public float real(String key) {
    return attr(key).getF();
  }

  public boolean flag(String key) {
    return attr(key).getB();
  }

  public String text(String key) {
    return attr(key).getS().toStringUtf8();
  }

  public DataType type(String key) {
    return attr(key).getType();
  }

  public Shape shape(int input) {
    return t.shapeOf(in(input));
  }

  /** The dimension that {@code axis} means in a tensor of {@code rank}. */
  public static int axis(int axis, int rank) {
    return axis < 0 ? axis + rank : axis;
  }
}
