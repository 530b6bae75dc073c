package dev.graft.runtime;

import static org.tensorflow.internal.c_api.global.tensorflow.TFJ_HasGradient;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_AddGradients;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_OperationName;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import dev.graft.error.Internal;
import dev.graft.graph.Attrs;
import dev.graft.graph.Graph;
import dev.graft.graph.Nodes;
import dev.graft.graph.TensorRef;
import dev.graft.graph.op.OpRegistry;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.tensorflow.internal.c_api.TF_Operation;
import org.tensorflow.internal.c_api.TF_Output;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.GraphDef;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.VersionDef;

/**
 * TensorFlow's own gradient of one op, as a small graph of its own: the op is built alone, its
 * inputs being placeholders or constants, and TensorFlow's C++ gradient builder is asked for the
 * rest. What comes back no longer holds the op; its inputs, outputs and incoming gradients are all
 * placeholders, to be bound to the real ones.
 *
 * @param graph the placeholders and the nodes that compute the gradients
 * @param inputs the placeholder of each input of the op; {@code x0}, {@code x1}...
 * @param outputs the placeholder of each output of the op; {@code y0}, {@code y1}...
 * @param incoming the placeholder of the gradient of each output that was said to have one, by the
 *     output's index; {@code dy0}...
 * @param gradients the gradient of each input that was asked for and has one, by the input's index;
 *     an input without an entry has no gradient
 */
@Internal
public record GradientHarvest(
    Graph graph,
    ImmutableList<String> inputs,
    ImmutableList<String> outputs,
    ImmutableMap<Integer, String> incoming,
    ImmutableMap<Integer, TensorRef> gradients) {

  private static final String OP = "op";

  /**
   * What is known of one input of the op.
   *
   * @param dtype its dtype
   * @param shape its shape as far as it is known
   * @param constant its value where it is a constant: some rules look at it, an axis for example
   */
  public record Input(DataType dtype, Shape shape, Optional<TensorValue> constant) {

    /** An input of which only dtype and shape are known. */
    public static Input of(DataType dtype, Shape shape) {
      return new Input(dtype, shape, Optional.empty());
    }

    /** A constant input. */
    public static Input of(TensorValue constant) {
      return new Input(constant.dtype().proto(), constant.shape(), Optional.of(constant));
    }
  }

  /** Whether TensorFlow's C++ code has a rule for {@code op}, right or not. */
  public static boolean hasRule(String op) {
    NativeMemory.ready();
    return TFJ_HasGradient(op);
  }

  /**
   * Asks TensorFlow for the gradient of one op.
   *
   * @param node the op with its attributes; its name and inputs are left out of account
   * @param inputs what is known of each of its inputs, in order
   * @param withGradient the outputs into which a gradient flows, by index. Rules of ops with
   *     several outputs may insist on all
   * @param wanted the inputs whose gradient is wanted, by index
   * @throws TensorFlowException if there is no rule, or the rule cannot cope with what it is given
   */
  public static GradientHarvest of(
      NodeDef node, List<Input> inputs, Set<Integer> withGradient, Set<Integer> wanted) {
    GraphDef.Builder def =
        GraphDef.newBuilder().setVersions(VersionDef.newBuilder().setProducer(1882));
    NodeDef.Builder op = node.toBuilder().setName(OP).clearInput().clearDevice();
    List<String> bare =
        op.getAttrMap().keySet().stream().filter(key -> key.startsWith("_")).toList();
    bare.forEach(op::removeAttr);
    ImmutableList.Builder<String> xs = ImmutableList.builder();
    for (int i = 0; i < inputs.size(); i++) {
      def.addNode(input("x" + i, inputs.get(i)));
      op.addInput("x" + i);
      xs.add("x" + i);
    }
    def.addNode(op);
    List<DataType> outputTypes = OpRegistry.standard().outputTypes(op.build());
    ImmutableMap.Builder<Integer, String> incoming = ImmutableMap.builder();
    List<TensorRef> ys = new ArrayList<>();
    List<TensorRef> dys = new ArrayList<>();
    for (int i : new TreeSet<>(withGradient)) {
      def.addNode(placeholder("dy" + i, outputTypes.get(i), Shape.unknown()));
      incoming.put(i, "dy" + i);
      ys.add(new TensorRef(OP, i));
      dys.add(TensorRef.of("dy" + i));
    }
    List<Integer> asked = List.copyOf(new TreeSet<>(wanted));
    List<TensorRef> given = asked.stream().map(i -> TensorRef.of("x" + i)).toList();
    try (NativeGraph graph = NativeGraph.of(def.build())) {
      ImmutableMap<Integer, TensorRef> gradients =
          addGradients(graph, node.getOp(), ys, dys, asked, given);
      return new GradientHarvest(
          withoutOp(graph.toGraphDef(), outputTypes, gradients),
          xs.build(),
          outputNames(outputTypes.size()),
          incoming.buildOrThrow(),
          gradients);
    }
  }

  private static ImmutableMap<Integer, TensorRef> addGradients(
      NativeGraph graph,
      String op,
      List<TensorRef> ys,
      List<TensorRef> dys,
      List<Integer> asked,
      List<TensorRef> xs) {
    List<TF_Output> arrays = new ArrayList<>(); // to be freed
    try (Status status = new Status()) {
      TF_Output y = kept(arrays, graph.outputs(ys));
      TF_Output dy = kept(arrays, graph.outputs(dys)); // fails where one of them is not there
      TF_Output x = kept(arrays, graph.outputs(xs));
      TF_Output dx = kept(arrays, NativeMemory.outputs(xs.size()));
      TF_AddGradients(graph.handle(), y, ys.size(), x, xs.size(), dy, status.handle(), dx);
      status.check("TensorFlow has no usable gradient of " + op);
      ImmutableMap.Builder<Integer, TensorRef> gradients = ImmutableMap.builder();
      for (int i = 0; i < xs.size(); i++) {
        TF_Operation producer = dx.position(i).oper();
        if (producer != null && !producer.isNull() && dx.index() >= 0) {
          gradients.put(
              asked.get(i), new TensorRef(TF_OperationName(producer).getString(), dx.index()));
        }
      }
      return gradients.buildOrThrow();
    } finally {
      arrays.forEach(NativeMemory::free);
    }
  }

  private static TF_Output kept(List<TF_Output> arrays, TF_Output array) {
    arrays.add(array);
    return array;
  }

  private static NodeDef input(String name, Input input) {
    if (input.constant().isEmpty()) {
      return placeholder(name, input.dtype(), input.shape());
    }
    return NodeDef.newBuilder()
        .setName(name)
        .setOp("Const")
        .putAttr("dtype", Attrs.of(input.dtype()))
        .putAttr("value", Attrs.of(input.constant().get().toProto()))
        .build();
  }

  private static NodeDef placeholder(String name, DataType dtype, Shape shape) {
    return NodeDef.newBuilder()
        .setName(name)
        .setOp("Placeholder")
        .putAttr("dtype", Attrs.of(dtype))
        .putAttr("shape", Attrs.of(shape))
        .build();
  }

  private static ImmutableList<String> outputNames(int count) {
    ImmutableList.Builder<String> names = ImmutableList.builder();
    for (int i = 0; i < count; i++) {
      names.add("y" + i);
    }
    return names.build();
  }

  /** The nodes that the gradients need, reading placeholders where they read the op's outputs. */
  private static Graph withoutOp(
      GraphDef def, List<DataType> outputTypes, Map<Integer, TensorRef> gradients) {
    GraphDef.Builder bare = GraphDef.newBuilder().setVersions(def.getVersions());
    for (int i = 0; i < outputTypes.size(); i++) {
      bare.addNode(placeholder("y" + i, outputTypes.get(i), Shape.unknown()));
    }
    Set<String> roots = new LinkedHashSet<>();
    for (NodeDef node : def.getNodeList()) {
      if (node.getName().equals(OP)) {
        continue;
      }
      boolean interfaceNode = node.getName().matches("x\\d+|dy\\d+");
      if (interfaceNode) {
        roots.add(node.getName());
      }
      NodeDef.Builder copy = node.toBuilder().clearInput();
      node.getInputList().forEach(input -> copy.addInput(withoutOp(input)));
      // A constant stands for the caller's own tensor from here on.
      bare.addNode(
          interfaceNode && node.getOp().equals("Const")
              ? placeholder(node.getName(), node.getAttrOrThrow("dtype").getType(), Shape.unknown())
              : copy.build());
    }
    for (int i = 0; i < outputTypes.size(); i++) {
      roots.add("y" + i);
    }
    gradients.values().forEach(gradient -> roots.add(gradient.node()));
    return Graph.of(bare.build()).keepUpstreamOf(roots);
  }

  private static String withoutOp(String input) {
    if (!Nodes.producer(input).equals(OP)) {
      return input;
    }
    return Nodes.isControl(input) ? "^y0" : "y" + TensorRef.parse(input).index();
  }
}
