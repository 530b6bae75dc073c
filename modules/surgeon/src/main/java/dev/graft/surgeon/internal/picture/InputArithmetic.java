package dev.graft.surgeon.internal.picture;

import dev.graft.graph.Graph;
import dev.graft.graph.Nodes;
import dev.graft.graph.TensorRef;
import dev.graft.graph.op.OpRegistry;
import dev.graft.model.Model;
import dev.graft.surgeon.internal.analysis.Constants;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.NodeDef;

/**
 * What a model does to pixels before its first layer with weights, read from the graph: a scale and
 * an offset for each channel, and whether the order of channels is turned around.
 *
 * @param scale by what each channel is multiplied
 * @param offset what is then added to each channel
 * @param reversed whether the channels are turned around (RGB to BGR or back)
 * @param end the tensor after all this
 * @param steps how many ops do it
 */
record InputArithmetic(
    double[] scale, double[] offset, boolean reversed, TensorRef end, int steps) {

  private static final Set<String> PASSED =
      Set.of(
          "Identity",
          "Cast",
          "StopGradient",
          "ResizeBilinear",
          "ResizeBicubic",
          "ResizeNearestNeighbor",
          "Pad",
          "PadV2",
          "MirrorPad",
          "EnsureShape",
          "ScaleAndTranslate");
  private static final Set<String> SHAPES = Set.of("Shape", "ShapeN", "Rank", "Size");

  /** The values of pixels before it that suit the network after it. */
  record Suited(float low, float high, String reason) {}

  /** What follows {@code input}, a tensor [batch, height, width, channels]. */
  static InputArithmetic after(Model model, TensorRef input, int channels) {
    double[] scale = new double[channels];
    Arrays.fill(scale, 1);
    InputArithmetic found = new InputArithmetic(scale, new double[channels], false, input, 0);
    Constants constants = new Constants(model);
    Graph graph = model.graph();
    while (true) {
      NodeDef next = onlyReader(graph, found.end);
      InputArithmetic longer = next == null ? null : found.through(next, constants);
      if (longer == null) {
        return found;
      }
      found = longer;
    }
  }

  /** The one node that reads the pixels; null if several do, or none. */
  private static @Nullable NodeDef onlyReader(Graph graph, TensorRef tensor) {
    List<NodeDef> readers = readers(graph, tensor);
    return readers.size() == 1 ? readers.get(0) : null;
  }

  /** The nodes that read the values of {@code tensor}, not its shape alone. */
  static List<NodeDef> readers(Graph graph, TensorRef tensor) {
    return graph.consumers(tensor.node()).stream()
        .map(graph::node)
        .filter(node -> Nodes.dataInputs(node).contains(tensor))
        .filter(node -> !SHAPES.contains(node.getOp()))
        .toList();
  }

  private @Nullable InputArithmetic through(NodeDef node, Constants constants) {
    TensorRef out = TensorRef.of(node.getName());
    List<TensorRef> inputs = Nodes.dataInputs(node);
    boolean first = inputs.get(0).equals(end);
    if (PASSED.contains(node.getOp())) {
      return first ? new InputArithmetic(scale, offset, reversed, out, steps) : null;
    }
    double[] other = inputs.size() == 2 ? constants.of(inputs.get(first ? 1 : 0)) : null;
    return switch (node.getOp()) {
      case "Mul" -> times(other, out);
      case "RealDiv", "Div" -> first ? times(inverse(other), out) : null;
      case "Add", "AddV2", "BiasAdd" -> plus(other, 1, out);
      case "Sub" -> first ? plus(other, -1, out) : null;
      case "ReverseV2" ->
          other != null && other.length == 1 && (other[0] == -1 || other[0] == 3)
              ? new InputArithmetic(flip(scale), flip(offset), !reversed, out, steps + 1)
              : null;
      case "StridedSlice" -> sliced(node, inputs, constants, out);
      default -> null;
    };
  }

  /** {@code x[..., ::-1]} turns the channels around; a cut-out of the middle leaves them. */
  private @Nullable InputArithmetic sliced(
      NodeDef node, List<TensorRef> inputs, Constants constants, TensorRef out) {
    double[] strides = constants.of(inputs.get(3));
    AttrValue shrink = OpRegistry.standard().attr(node, "shrink_axis_mask");
    if (strides == null || strides.length == 0 || shrink == null || shrink.getI() != 0) {
      return null;
    }
    int last = strides.length - 1;
    if (!Arrays.stream(strides).limit(last).allMatch(s -> s == 1)) {
      return null;
    }
    if (strides[last] == -1) {
      return new InputArithmetic(flip(scale), flip(offset), !reversed, out, steps + 1);
    }
    AttrValue wholeFrom = OpRegistry.standard().attr(node, "begin_mask");
    AttrValue wholeTo = OpRegistry.standard().attr(node, "end_mask");
    boolean channelsKept =
        last < 3
            || (wholeFrom != null
                && wholeTo != null
                && (wholeFrom.getI() & wholeTo.getI() & 1L << last) != 0);
    return strides[last] == 1 && channelsKept
        ? new InputArithmetic(scale, offset, reversed, out, steps)
        : null;
  }

  private @Nullable InputArithmetic times(double @Nullable [] factor, TensorRef out) {
    double[] each = perChannel(factor);
    if (each == null) {
      return null;
    }
    double[] newScale = scale.clone();
    double[] newOffset = offset.clone();
    for (int i = 0; i < each.length; i++) {
      newScale[i] *= each[i];
      newOffset[i] *= each[i];
    }
    return new InputArithmetic(newScale, newOffset, reversed, out, steps + 1);
  }

  private @Nullable InputArithmetic plus(double @Nullable [] term, int sign, TensorRef out) {
    double[] each = perChannel(term);
    if (each == null) {
      return null;
    }
    double[] newOffset = offset.clone();
    for (int i = 0; i < each.length; i++) {
      newOffset[i] += sign * each[i];
    }
    return new InputArithmetic(scale, newOffset, reversed, out, steps + 1);
  }

  private double @Nullable [] perChannel(double @Nullable [] values) {
    if (values == null || (values.length != 1 && values.length != scale.length)) {
      return null;
    }
    double[] each = new double[scale.length];
    for (int i = 0; i < each.length; i++) {
      each[i] = values[values.length == 1 ? 0 : i];
    }
    return each;
  }

  private static double @Nullable [] inverse(double @Nullable [] values) {
    return values == null ? null : Arrays.stream(values).map(v -> 1 / v).toArray();
  }

  private static double[] flip(double[] values) {
    double[] flipped = new double[values.length];
    for (int i = 0; i < values.length; i++) {
      flipped[i] = values[values.length - 1 - i];
    }
    return flipped;
  }

  /**
   * The range of pixels that this arithmetic brings to about -3..3, or, where it only takes the
   * mean away, to about -130..150; empty if there is no arithmetic to tell from.
   */
  Optional<Suited> suited() {
    double mean = Arrays.stream(scale).average().orElse(1);
    double shift = Arrays.stream(offset).average().orElse(0);
    if (steps == 0 || mean <= 0) {
      return Optional.empty();
    }
    String does =
        String.format(
            Locale.ROOT,
            "the graph begins with x * %.4g %s %.4g",
            mean,
            shift < 0 ? "-" : "+",
            Math.abs(shift));
    if (mean < 0.1 || shift < -20) {
      return Optional.of(new Suited(0, 255, does));
    }
    if (mean >= 0.5 && shift < 0) {
      return Optional.of(new Suited(0, 1, does));
    }
    return Optional.empty();
  }
}
