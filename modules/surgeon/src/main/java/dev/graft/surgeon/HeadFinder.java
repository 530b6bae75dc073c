package dev.graft.surgeon;

import static java.util.Objects.requireNonNull;

import com.google.common.collect.ImmutableList;
import dev.graft.error.BadRequestException;
import dev.graft.graph.Graph;
import dev.graft.graph.Nodes;
import dev.graft.graph.TensorRef;
import dev.graft.graph.op.OpKinds;
import dev.graft.model.Head;
import dev.graft.model.Model;
import dev.graft.model.Signature;
import dev.graft.model.TensorSpec;
import dev.graft.model.Variable;
import dev.graft.surgeon.internal.analysis.Composites;
import dev.graft.surgeon.internal.analysis.StaticShapes;
import dev.graft.surgeon.internal.analysis.Weights;
import dev.graft.surgeon.internal.analysis.Weights.Weight;
import dev.graft.tensor.Shape;
import dev.graft.words.Remedy;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.tensorflow.proto.NodeDef;

/**
 * Finds the head of a model: the last dense layer or 1x1 convolution, with its bias and activation.
 *
 * <p>It walks from an output of the signature towards the input, past what only renames or reshapes
 * the answer (Identity, Reshape, Cast), past softmax or sigmoid, past the mean or maximum over
 * positions and a ReLU (SqueezeNet's order), and a bias, until it meets a product with a weight.
 * Keras 2 and 3, TF Hub and TF1 graphs differ only in what stands between these.
 */
public final class HeadFinder {

  private static final Set<String> PASSED =
      Set.of(
          "Identity", "Cast", "Reshape", "Squeeze", "StopGradient", "PreventGradient", "Snapshot");
  private static final Set<String> POOLED = Set.of("Mean", "Max", "AvgPool", "MaxPool", "Relu");
  private static final Set<String> PRODUCTS =
      Set.of("MatMul", "BatchMatMul", "BatchMatMulV2", "Conv2D", "Conv1D", "Conv3D", "Einsum");

  private final Graph graph;
  private final Weights weights;
  private final StaticShapes shapes;

  private HeadFinder(Model model) {
    this.graph = model.graph();
    this.weights = new Weights(model);
    this.shapes = new StaticShapes(model);
  }

  /** What was met on the way back from an output. */
  private static final class Walk {
    TensorRef at;
    TensorRef logits;
    @Nullable TensorRef
        unsqueezed; // the logits before the dimension of a single unit was taken away
    String activation = "";
    boolean pooled;
    @Nullable Weight bias;

    Walk(TensorRef answer) {
      this.at = answer;
      this.logits = answer;
    }

    void moveTo(TensorRef tensor, boolean keepsLogits) {
      at = tensor;
      if (!keepsLogits) {
        logits = tensor;
        unsqueezed = null;
      }
    }

    /** The raw answers, [N, ..., units]. */
    TensorRef logits(long units) {
      return units == 1 && unsqueezed != null ? unsqueezed : logits;
    }
  }

  /** The heads of the model's serving signature, at most one for each output. */
  public static List<FoundHead> all(Model model) {
    requireNonNull(model, "model");
    return all(model, model.servingSignature());
  }

  /** The heads of {@code signature}, at most one for each output. */
  public static List<FoundHead> all(Model model, Signature signature) {
    requireNonNull(model, "model");
    requireNonNull(signature, "signature");
    HeadFinder finder = new HeadFinder(model);
    ImmutableList.Builder<FoundHead> found = ImmutableList.builder();
    signature.outputs().forEach((name, spec) -> finder.at(name, spec).ifPresent(found::add));
    return found.build();
  }

  /**
   * The one head of the model. Of several outputs of one head (classes and scores), the first that
   * is a plain answer counts; a head whose output feeds another head (features given as a second
   * output) does not count.
   *
   * @throws BadRequestException if there is none, or if there are several; the message says what
   *     stands there instead and what to do
   */
  public static FoundHead only(Model model) {
    List<FoundHead> candidates = new ArrayList<>();
    for (FoundHead head : all(model)) {
      if (candidates.stream().noneMatch(other -> other.kernel().equals(head.kernel()))) {
        candidates.add(head);
      }
    }
    if (candidates.size() > 1) {
      List<FoundHead> last =
          candidates.stream()
              .filter(
                  head ->
                      candidates.stream()
                          .noneMatch(other -> other != head && feeds(model.graph(), head, other)))
              .toList();
      candidates.retainAll(last);
    }
    if (candidates.size() == 1) {
      return candidates.get(0);
    }
    if (candidates.isEmpty()) {
      throw new BadRequestException(whyNone(model), Remedy.CUT);
    }
    throw new BadRequestException(
        model.name()
            + " has "
            + candidates.size()
            + " answers, each with its own head: "
            + candidates.stream().map(FoundHead::output).collect(Collectors.joining(", "))
            + ". Say which one to keep with keepOutputs(...), or cut at a layer and add heads there.");
  }

  private static boolean feeds(Graph graph, FoundHead head, FoundHead other) {
    return graph.upstream(List.of(other.features().node())).contains(head.logits().node());
  }

  /** Whether {@code head} answers with its logits as they are: no softmax or sigmoid follows. */
  public static boolean givesLogits(Model model, Head head) {
    requireNonNull(model, "model");
    requireNonNull(head, "head");
    Graph graph = model.graph();
    TensorRef answer = head.output();
    while (!answer.equals(head.logits()) && PASSED.contains(graph.node(answer.node()).getOp())) {
      answer = Nodes.dataInput(graph.node(answer.node()), 0);
    }
    return answer.equals(head.logits());
  }

  /** Whether {@code head} answers with logarithms of probabilities: it ends in LogSoftmax. */
  public static boolean givesLogarithms(Model model, Head head) {
    requireNonNull(model, "model");
    requireNonNull(head, "head");
    NodeDef node = model.graph().node(head.output().node());
    while (PASSED.contains(node.getOp())) {
      node = model.graph().node(Nodes.dataInput(node, 0).node());
    }
    return node.getOp().equals("LogSoftmax");
  }

  private Optional<FoundHead> at(String output, TensorSpec spec) {
    Walk walk = new Walk(spec.tensor());
    while (true) {
      NodeDef node = graph.node(walk.at.node());
      String op = node.getOp();
      if (PRODUCTS.contains(op)) {
        if (Nodes.dataInputs(node).size() != 2) {
          return Optional.empty(); // an einsum of one or three
        }
        return product(output, spec, walk, node);
      }
      TensorRef past = pastActivation(walk, node);
      if (past != null) {
        walk.moveTo(past, false);
      } else if (PASSED.contains(op)) {
        boolean squeezes =
            op.equals("Squeeze") || op.equals("Reshape") && shapes.of(walk.at).rank() == 1;
        walk.moveTo(Nodes.dataInput(node, 0), true);
        walk.unsqueezed = squeezes ? walk.at : walk.unsqueezed;
      } else if (op.equals("IdentityN")) {
        walk.moveTo(Nodes.dataInput(node, walk.at.index()), true);
      } else if (POOLED.contains(op) && !walk.activation.isEmpty() && walk.bias == null) {
        walk.pooled |= !op.equals("Relu");
        walk.moveTo(Nodes.dataInput(node, 0), true);
      } else if (OpKinds.isSum(op) && walk.bias == null) {
        TensorRef a = Nodes.dataInput(node, 0);
        TensorRef b = Nodes.dataInput(node, 1);
        Weight right = weights.reshaped(b);
        walk.bias = right != null ? right : weights.reshaped(a);
        if (walk.bias == null) {
          return Optional.empty();
        }
        walk.moveTo(right != null ? a : b, true);
      } else {
        return Optional.empty();
      }
    }
  }

  /** What softmax or sigmoid is applied to, if {@code node} is one and none was met so far. */
  private @Nullable TensorRef pastActivation(Walk walk, NodeDef node) {
    if (!walk.activation.isEmpty() || walk.bias != null) {
      return null;
    }
    switch (node.getOp()) {
      case "Softmax", "LogSoftmax" -> walk.activation = "softmax";
      case "Sigmoid" -> walk.activation = "sigmoid";
      case "RealDiv" -> {
        TensorRef logits = Composites.softmaxOf(graph, node);
        if (logits != null) {
          walk.activation = "softmax";
        }
        return logits;
      }
      default -> {
        return null;
      }
    }
    return Nodes.dataInput(node, 0);
  }

  private Optional<FoundHead> product(String output, TensorSpec spec, Walk walk, NodeDef node) {
    Weight kernel = weights.at(Nodes.dataInput(node, 1));
    boolean transposed = flag(node, "transpose_b") || flag(node, "adj_y");
    if (node.getOp().equals("Einsum")) {
      Optional<Boolean> last = Composites.sumsOverLast(node);
      if (last.isEmpty()) {
        return Optional.empty();
      }
      transposed = last.get();
    }
    if (kernel == null) {
      Composites.Source source = Composites.transposeOf(graph, Nodes.dataInput(node, 1));
      kernel = source == null ? null : weights.at(source.tensor());
      transposed ^= source != null && source.transposed();
    }
    if (kernel == null || !isPointwise(node, kernel)) {
      return Optional.empty();
    }
    long units = kernel.shape().dim(transposed ? -2 : -1);
    long inputs = kernel.shape().dim(transposed ? -1 : -2);
    TensorRef features = Composites.unfolded(graph, Nodes.dataInput(node, 0));
    Head.Kind kind =
        switch (walk.activation) {
          case "softmax" -> Head.Kind.SINGLE_LABEL;
          case "sigmoid" -> Head.Kind.MULTI_LABEL;
          default -> units == 1 ? Head.Kind.REGRESSION : Head.Kind.SINGLE_LABEL;
        };
    boolean perPosition = !walk.pooled && isPerPosition(spec.shape());
    Optional<Variable> bias = walk.bias == null ? Optional.empty() : walk.bias.variable();
    String reason =
        "output '"
            + output
            + "' is "
            + (walk.activation.isEmpty() ? "" : walk.activation + " over ")
            + (node.getOp().startsWith("Conv") ? "a 1x1 convolution" : "a dense layer")
            + " ("
            + node.getOp()
            + " with "
            + kernel.name()
            + " "
            + kernel.shape()
            + (walk.bias == null ? ", no bias" : " and " + walk.bias.name())
            + ")"
            + (walk.activation.isEmpty() ? " without softmax or sigmoid" : "")
            + (perPosition ? ", at each position" : "");
    return Optional.of(
        new FoundHead(
            output,
            spec.tensor(),
            walk.logits(units),
            features,
            kind,
            walk.activation.isEmpty(),
            walk.at,
            node.getOp(),
            kernel.name(),
            kernel.variable(),
            bias,
            (int) inputs,
            (int) units,
            transposed,
            perPosition,
            reason));
  }

  /** Whether an answer of this shape is one for each of several positions. */
  private static boolean isPerPosition(Shape answer) {
    for (int i = 1; i < answer.rank() - 1; i++) {
      if (answer.dim(i) != 1) {
        return true;
      }
    }
    return false;
  }

  /** Whether each position is multiplied by one and the same matrix. */
  private static boolean isPointwise(NodeDef node, Weight kernel) {
    if (!node.getOp().startsWith("Conv")) {
      return kernel.shape().rank() == 2;
    }
    for (int i = 0; i < kernel.shape().rank() - 2; i++) {
      if (kernel.shape().dim(i) != 1) {
        return false;
      }
    }
    return true;
  }

  private static boolean flag(NodeDef node, String name) {
    return node.containsAttr(name) && node.getAttrOrThrow(name).getB();
  }

  static String whyNone(Model model) {
    return model.name()
        + " has no head that Graft recognises: "
        + origins(model)
        + ". Say where to cut, to put a new head there. "
        + CutPoints.near(
            model,
            model.servingSignature().outputs().values().stream()
                .map(spec -> spec.tensor().node())
                .toList());
  }

  /**
   * Where the answers of a model without a head come from instead.
   *
   * @throws BadRequestException if it is not clear which signature serves
   */
  public static String origins(Model model) {
    requireNonNull(model, "model");
    HeadFinder finder = new HeadFinder(model);
    List<String> outputs = new ArrayList<>();
    model
        .servingSignature()
        .outputs()
        .forEach(
            (name, spec) -> {
              NodeDef node = finder.origin(spec.tensor());
              outputs.add(
                  "'" + name + "' comes from the op " + node.getOp() + " (" + node.getName() + ")");
            });
    return String.join(", ", outputs) + ", not from a dense layer or 1x1 convolution";
  }

  private NodeDef origin(TensorRef tensor) {
    NodeDef node = graph.node(tensor.node());
    while (PASSED.contains(node.getOp()) || node.getOp().equals("BiasAdd")) {
      node = graph.node(Nodes.dataInput(node, 0).node());
    }
    return node;
  }
}
