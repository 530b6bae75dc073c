package dev.graft.trainer.store;

import com.google.common.hash.HashCode;
import com.google.common.hash.Hasher;
import com.google.common.hash.Hashing;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.Message;
import dev.graft.error.Internal;
import dev.graft.graph.Functions;
import dev.graft.graph.Graph;
import dev.graft.graph.Nodes;
import dev.graft.graph.TensorRef;
import dev.graft.graph.op.OpKinds;
import dev.graft.graph.op.OpRegistry;
import dev.graft.model.Model;
import dev.graft.model.Variable;
import dev.graft.savedmodel.checkpoint.VariableValues;
import dev.graft.tensor.DType;
import dev.graft.tensor.TensorValue;
import dev.graft.trainer.internal.memory.JavaMemory;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.OpDef;
import org.tensorflow.proto.TensorProto;

/**
 * What a tensor is computed from, beside what is fed, as one number: ops with their attributes,
 * constants and the values of variables. Names count for nothing, nor do nodes that only hand a
 * value on, so that a model and what was published of it have the same number where they compute
 * the same.
 */
@Internal
public final class FrozenDigest {

  private static final Set<String> BRANCHES =
      Set.of("StatelessCase", "StatelessIf", "StatelessWhile");

  /** Ops without a state whose answer is not of their inputs and attributes alone. */
  private static final Set<String> OUTSIDE =
      Set.of(
          "BatchFunction",
          "DecodeProtoV2",
          "Empty",
          "EncodeProto",
          "FakeParam",
          "GenerateVocabRemapping",
          "ImmutableConst",
          "IsVariableInitialized",
          "MatchingFiles",
          "PyFuncStateless",
          "ReadFile",
          "SymbolicGradient",
          "XlaRngBitGenerator");

  private static final Set<String> HANDING_ON =
      Set.of("Identity", "StopGradient", "ReadVariableOp");

  private static final int MOST_AT_ONCE = 4; // values of variables in memory

  private static final OpRegistry OPS = OpRegistry.standard();

  private final Graph graph;
  private final List<TensorRef> fed;
  private final Map<String, Variable> variables = new HashMap<>();
  private final Map<String, HashCode> nodes = new HashMap<>();
  private final boolean initializersAssign;

  /**
   * Of tensors of {@code graph}.
   *
   * @param model whose variables the graph reads
   * @param fed what is fed, in this order
   */
  public FrozenDigest(Model model, Graph graph, List<TensorRef> fed) {
    this.graph = graph;
    this.fed = fed;
    model.variables().forEach(variable -> variables.put(variable.node(), variable));
    this.initializersAssign =
        graph.upstream(model.initializers().stream().filter(graph::contains).toList()).stream()
            .anyMatch(name -> graph.node(name).getOp().startsWith("Assign"));
  }

  /** The graph whose tensors they are. */
  Graph graph() {
    return graph;
  }

  /**
   * That of {@code tensor}; empty where its rows may depend on more than that and an example each:
   * on chance, on tables, on what was run before, on the other examples of a run.
   */
  Optional<HashCode> of(TensorRef tensor) {
    Set<String> feeds = Set.copyOf(fed.stream().map(TensorRef::node).toList());
    List<NodeDef> before = new ArrayList<>();
    for (String name : graph.upstream(List.of(tensor.node()), feeds)) {
      NodeDef node = graph.node(name);
      if (feeds.contains(name)) {
        continue;
      }
      before.add(node);
      boolean besideFed =
          Nodes.dataInputs(node).stream()
              .anyMatch(input -> feeds.contains(input.node()) && !fed.contains(input));
      if (besideFed || !isPure(node) || isVariable(node) && !variables.containsKey(name)) {
        return Optional.empty();
      }
    }
    boolean calls =
        Functions.reachable(before, graph.functions()).values().stream()
            .flatMap(function -> function.getNodeDefList().stream())
            .allMatch(node -> isPure(node) && !isVariable(node));
    if (!calls || initializersAssign) {
      return Optional.empty();
    }
    digestVariables(before);
    return Optional.of(digest(tensor));
  }

  /** The values of variables, which take most of the time, on several cores at once. */
  private void digestVariables(List<NodeDef> before) {
    List<Variable> read =
        before.stream()
            .filter(node -> !nodes.containsKey(node.getName()))
            .flatMap(node -> Stream.ofNullable(variables.get(node.getName())))
            .sorted(Comparator.comparingLong(FrozenDigest::size))
            .toList();
    int shares = shares(read);
    Map<String, HashCode> found = new ConcurrentHashMap<>();
    IntStream.range(0, shares)
        .parallel()
        .forEach(
            share -> {
              VariableValues values = new VariableValues();
              for (int i = share; i < read.size(); i += shares) {
                Variable variable = read.get(i);
                Hasher digest = put(Hashing.sha256().newHasher(), "variable");
                found.put(variable.node(), put(digest, values.of(variable)).hash());
              }
            });
    nodes.putAll(found);
  }

  /** How many values at once: each core one, if half of the heap has room for the largest. */
  private static int shares(List<Variable> smallestFirst) {
    if (smallestFirst.isEmpty()) {
      return 1;
    }
    Variable largest = smallestFirst.get(smallestFirst.size() - 1);
    long bytes = Math.max(1, size(largest) * TensorValue.size(largest.dtype()));
    long most = Math.min(MOST_AT_ONCE, Runtime.getRuntime().availableProcessors());
    return (int) Math.max(1, Math.min(most, JavaMemory.left() / 2 / bytes));
  }

  private static long size(Variable variable) {
    return variable.shape().isFullyKnown() ? variable.shape().elements() : 0;
  }

  private static boolean isVariable(NodeDef node) {
    return OpKinds.isVariable(node.getOp());
  }

  private static boolean isPure(NodeDef node) {
    String op = node.getOp();
    AttrValue training = node.getAttrOrDefault("is_training", AttrValue.getDefaultInstance());
    boolean ofBatch = op.startsWith("FusedBatchNorm") && (!training.hasB() || training.getB());
    boolean loops = op.equals("Merge"); // what is computed once more is not known before it is
    boolean chance = op.startsWith("Stateless") && !BRANCHES.contains(op) || op.contains("Random");
    return !ofBatch && !loops && !chance && !OPS.mayChange(node) && !OUTSIDE.contains(op);
  }

  private HashCode digest(TensorRef tensor) {
    Deque<String> open = new ArrayDeque<>(List.of(tensor.node()));
    while (!open.isEmpty()) { // networks are deeper than a thread's stack
      NodeDef node = graph.node(open.peek());
      boolean ready = nodes.containsKey(node.getName());
      if (!ready) {
        ready = true;
        for (TensorRef input : Nodes.dataInputs(node)) {
          if (!fed.contains(input) && !nodes.containsKey(input.node())) {
            open.push(input.node());
            ready = false;
          }
        }
      }
      if (ready) {
        open.pop();
        nodes.computeIfAbsent(node.getName(), name -> digest(node));
      }
    }
    return output(tensor);
  }

  private HashCode output(TensorRef tensor) {
    Hasher digest = Hashing.sha256().newHasher();
    int feed = fed.indexOf(tensor);
    if (feed >= 0) {
      return put(digest, "fed").putInt(feed).hash();
    }
    HashCode node = Objects.requireNonNull(nodes.get(tensor.node()));
    return tensor.index() == 0
        ? node
        : digest.putBytes(node.asBytes()).putInt(tensor.index()).hash();
  }

  private HashCode digest(NodeDef node) {
    if (HANDING_ON.contains(node.getOp())) {
      return output(Nodes.dataInput(node, 0));
    }
    Hasher digest = Hashing.sha256().newHasher();
    put(digest, node.getOp());
    for (TensorRef input : Nodes.dataInputs(node)) {
      digest.putBytes(output(input).asBytes());
    }
    attrs(node).forEach((name, value) -> put(put(digest, name), value));
    Functions.reachable(List.of(node), graph.functions())
        .forEach((name, function) -> put(put(digest, name), function));
    return digest.hash();
  }

  /** Those that its op has, whether they are given or left out at their default. */
  private static Map<String, AttrValue> attrs(NodeDef node) {
    Map<String, AttrValue> attrs = new TreeMap<>();
    for (OpDef.AttrDef attr : OPS.of(node).getAttrList()) {
      AttrValue value = OPS.attr(node, attr.getName());
      if (value != null) {
        attrs.put(attr.getName(), value);
      }
    }
    return attrs;
  }

  private static Hasher put(Hasher digest, String text) {
    return digest.putInt(text.length()).putString(text, StandardCharsets.UTF_8);
  }

  private static Hasher put(Hasher digest, Message message) {
    if (message instanceof AttrValue attr && attr.hasTensor() && canHold(attr.getTensor())) {
      return put(digest, TensorValue.from(attr.getTensor()));
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(message.getSerializedSize());
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    out.useDeterministicSerialization();
    try {
      message.writeTo(out);
      out.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return digest.putInt(bytes.size()).putBytes(bytes.toByteArray());
  }

  private static boolean canHold(TensorProto tensor) {
    return TensorValue.canHold(DType.of(tensor.getDtype()));
  }

  private static Hasher put(Hasher digest, TensorValue value) {
    put(digest, value.dtype().name()).putInt(value.shape().rank());
    for (long dim : value.shape().dims()) {
      digest.putLong(dim);
    }
    if (value.dtype() == DType.STRING) {
      value.strings().forEach(text -> digest.putInt(text.size()).putBytes(text.toByteArray()));
      return digest;
    }
    return digest.putBytes(value.bytes());
  }
}
