package dev.graft.autodiff.internal.rules;

import dev.graft.graph.Attrs;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.OpBuilder;
import dev.graft.graph.TensorRef;
import dev.graft.tensor.DType;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.tensorflow.proto.DataType;

/**
 * A small graph around one op, to check the rule of that op with. Inputs made with {@link #x} are
 * differentiated by; their values are random but the same each time.
 */
public final class RuleCase {

  private final String name;
  private final Function<RuleCase, List<TensorRef>> body;
  private final Random random;
  private final GraphEditor editor = Graph.empty().edit();
  private final Map<TensorRef, TensorValue> xs = new LinkedHashMap<>();
  private List<TensorRef> ys = List.of();
  private DataType precision = DataType.DT_DOUBLE;
  private boolean shapesNeeded;
  private double step = 1e-3;
  private double tolerance = 1e-7;

  private RuleCase(String name, Function<RuleCase, List<TensorRef>> body) {
    this.name = name;
    this.body = body;
    this.random = new Random(name.hashCode());
  }

  /** A case whose body gives one tensor. */
  static RuleCase of(String name, Function<RuleCase, TensorRef> body) {
    return new RuleCase(name, c -> List.of(body.apply(c)));
  }

  /** A case whose body gives several tensors. */
  static RuleCase ofMany(String name, Function<RuleCase, List<TensorRef>> body) {
    return new RuleCase(name, body);
  }

  /** For an op that has no float64 kernel. */
  RuleCase inFloat32() {
    return inFloat32(2e-2, 2e-3);
  }

  /** For an op that has no float64 kernel. */
  RuleCase inFloat32(double differenceStep, double maxError) {
    precision = DataType.DT_FLOAT;
    step = differenceStep;
    tolerance = maxError;
    return this;
  }

  /** With another step of the central differences and another tolerance. */
  RuleCase with(double differenceStep, double maxError) {
    step = differenceStep;
    tolerance = maxError;
    return this;
  }

  /** For what a rule cannot do without knowing shapes. */
  RuleCase withKnownShapesOnly() {
    shapesNeeded = true;
    return this;
  }

  boolean shapesNeeded() {
    return shapesNeeded;
  }

  public RuleCase build() {
    if (ys.isEmpty()) {
      ys = body.apply(this);
    }
    return this;
  }

  // ---- for bodies

  /** An input between -1 and 1. */
  TensorRef x(long... dims) {
    return between(-1, 1, dims);
  }

  /** An input between 0.3 and 1.7. */
  TensorRef positive(long... dims) {
    return between(0.3, 1.7, dims);
  }

  TensorRef between(double low, double high, long... dims) {
    int count = (int) Shape.of(dims).elements();
    return values(random.doubles(count, low, high).toArray(), dims);
  }

  /** Values at least 0.1 apart, in random order: for ops that choose by size. */
  TensorRef distinct(long... dims) {
    int count = (int) Shape.of(dims).elements();
    List<Double> values =
        new ArrayList<>(
            IntStream.range(0, count).mapToObj(i -> 0.1 * i - 0.05 * count + 0.03).toList());
    java.util.Collections.shuffle(values, random);
    return values(values.stream().mapToDouble(d -> d).toArray(), dims);
  }

  TensorRef values(double[] values, long... dims) {
    TensorRef x = editor.placeholder("x" + xs.size(), precision, Shape.unknown());
    xs.put(x, tensor(DType.of(precision), Shape.of(dims), values));
    return x;
  }

  /** A constant of the precision of the case. */
  TensorRef real(double[] values, long... dims) {
    return editor.constant("real", tensor(DType.of(precision), Shape.of(dims), values));
  }

  TensorRef scalar(double value) {
    return real(new double[] {value});
  }

  TensorRef ints(int... values) {
    return editor.constant("ints", TensorValue.of(Shape.of(values.length), values));
  }

  TensorRef ints(Shape shape, int... values) {
    return editor.constant("ints", TensorValue.of(shape, values));
  }

  TensorRef longs(Shape shape, long... values) {
    return editor.constant("longs", TensorValue.of(shape, values));
  }

  TensorRef integer(int value) {
    return editor.constant("integer", TensorValue.scalar(value));
  }

  TensorRef bools(Shape shape, boolean... values) {
    int[] numbers = IntStream.range(0, values.length).map(i -> values[i] ? 1 : 0).toArray();
    return op("Cast").input(ints(shape, numbers)).attr("DstT", DataType.DT_BOOL).output();
  }

  /** A tensor that no rule can know beforehand, with the value of {@code constant}. */
  TensorRef hidden(TensorRef constant) {
    return op("PlaceholderWithDefault").input(constant).attr("shape", Shape.unknown()).output();
  }

  DataType precision() {
    return precision;
  }

  OpBuilder op(String type) {
    return editor.op(type);
  }

  TensorRef call(String type, TensorRef... inputs) {
    OpBuilder op = op(type);
    Arrays.stream(inputs).forEach(op::input);
    return op.output();
  }

  GraphEditor editor() {
    return editor;
  }

  // ---- for the check

  public Graph graph() {
    return editor.build();
  }

  public Map<TensorRef, TensorValue> xs() {
    return xs;
  }

  public List<TensorRef> ys() {
    return ys;
  }

  double step() {
    return step;
  }

  double tolerance() {
    return tolerance;
  }

  TensorValue random(Shape shape) {
    return tensor(DType.of(precision), shape, random.doubles(shape.elements(), -1, 1).toArray());
  }

  static TensorValue tensor(DType dtype, Shape shape, double[] values) {
    if (dtype == DType.FLOAT64) {
      return TensorValue.of(shape, values);
    }
    float[] floats = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      floats[i] = (float) values[i];
    }
    return TensorValue.of(shape, floats);
  }

  /** An attribute of integers. */
  public static org.tensorflow.proto.AttrValue list(long... values) {
    return Attrs.ints(values);
  }

  @Override
  public String toString() {
    return name;
  }
}
