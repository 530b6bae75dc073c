package dev.graft.check;

import dev.graft.graph.Graph;
import dev.graft.graph.Nodes;
import dev.graft.graph.TensorRef;
import dev.graft.graph.op.OpRegistry;
import dev.graft.model.Model;
import dev.graft.model.Variable;
import dev.graft.tensor.DType;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.NodeDef;

/** What a model does with one of its inputs, as far as the graph tells without running. */
final class InputUses {

  /** Ops that hand values on as they are, in another shape or order. */
  private static final Set<String> PASSES =
      Set.of(
          "Cast",
          "ConcatV2",
          "ExpandDims",
          "Identity",
          "IdentityN",
          "Maximum",
          "Minimum",
          "Pack",
          "PlaceholderWithDefault",
          "RaggedTensorToVariant",
          "Reshape",
          "Slice",
          "Split",
          "SplitV",
          "Squeeze",
          "StopGradient",
          "StridedSlice",
          "Tile",
          "Transpose",
          "Unique",
          "UniqueV2",
          "Unpack",
          "ZerosLike");

  private static final Set<String> LOOKUPS = Set.of("LookupTableFind", "LookupTableFindV2");

  /** Ops that fill a table with keys, their second input, and values. */
  private static final Set<String> IMPORTS =
      Set.of("InitializeTable", "InitializeTableV2", "LookupTableImport", "LookupTableImportV2");

  private final Graph graph;
  private final TensorRef input;
  private final Map<String, Variable> byNode = new HashMap<>();

  InputUses(Model model, TensorRef input) {
    this.graph = model.graph();
    this.input = input;
    model.variables().forEach(variable -> byNode.put(variable.node(), variable));
  }

  /** The ops that the input has influence on, those inside loops and branches included. */
  Set<String> ops() {
    Set<String> ops = new HashSet<>();
    Set<String> functions = new HashSet<>();
    Deque<NodeDef> open = new ArrayDeque<>();
    graph.downstream(List.of(input.node())).forEach(name -> open.add(graph.node(name)));
    while (!open.isEmpty()) {
      NodeDef node = open.pop();
      ops.add(node.getOp());
      for (AttrValue attr : node.getAttrMap().values()) {
        Set<String> named = new LinkedHashSet<>();
        if (attr.hasFunc()) {
          named.add(attr.getFunc().getName());
        }
        attr.getList().getFuncList().forEach(function -> named.add(function.getName()));
        for (String name : named) {
          FunctionDef function = graph.functions().get(name);
          if (function != null && functions.add(name)) {
            open.addAll(function.getNodeDefList());
          }
        }
      }
    }
    return ops;
  }

  /** The nodes of the flat graph that {@code wanted} are the ops of and that read the input. */
  List<NodeDef> readers(Collection<String> wanted) {
    return graph.downstream(List.of(input.node())).stream()
        .map(graph::node)
        .filter(node -> wanted.contains(node.getOp()))
        .toList();
  }

  /** A reader of the input's own values: the node, and which of its inputs they arrive at. */
  private record Reader(NodeDef node, int at) {}

  /** Who reads the values of the input, unchanged but for shape and order. */
  private List<Reader> direct() {
    Set<String> seen = new HashSet<>();
    List<Reader> readers = new ArrayList<>();
    Deque<String> open = new ArrayDeque<>();
    open.add(input.node());
    while (!open.isEmpty()) {
      String name = open.pop();
      if (!seen.add(name)) {
        continue;
      }
      for (String user : graph.consumers(name)) {
        NodeDef node = graph.node(user);
        List<TensorRef> inputs = Nodes.dataInputs(node);
        for (int i = 0; i < inputs.size(); i++) {
          if (inputs.get(i).node().equals(name)) {
            readers.add(new Reader(node, i));
            if (PASSES.contains(node.getOp())) {
              open.push(user);
            }
          }
        }
      }
    }
    return readers;
  }

  /**
   * The keys of the first table that all values are looked up in: the words of a vocabulary, or the
   * numbers. Empty if there is none, or if the graph does not hold them.
   */
  Optional<TensorValue> vocabulary() {
    for (Reader reader : direct()) {
      if (LOOKUPS.contains(reader.node().getOp()) && reader.at() == 1) {
        Optional<TensorValue> keys = keys(tableOf(reader.node()));
        if (keys.isPresent()) {
          return keys;
        }
      }
    }
    return Optional.empty();
  }

  private String tableOf(NodeDef user) {
    return Nodes.dataInput(user, 0).node();
  }

  private Optional<TensorValue> keys(String table) {
    return graph.nodes().stream()
        .filter(node -> IMPORTS.contains(node.getOp()) && isSame(table, tableOf(node)))
        .map(node -> graph.find(Nodes.dataInput(node, 1).node()))
        .filter(keys -> keys != null && keys.getOp().equals("Const"))
        .map(keys -> TensorValue.from(keys.getAttrOrThrow("value").getTensor()))
        .filter(keys -> keys.shape().elements() > 0)
        .findFirst();
  }

  /** Whether two handles, by the names of their nodes, are of one table. */
  private boolean isSame(String a, String b) {
    String shared = sharedName(a);
    return a.equals(b) || !shared.isEmpty() && shared.equals(sharedName(b));
  }

  private String sharedName(String table) {
    return graph
        .node(table)
        .getAttrOrDefault("shared_name", AttrValue.getDefaultInstance())
        .getS()
        .toStringUtf8();
  }

  /** The number that all values have to be below: rows of the table that they are looked up in. */
  OptionalLong bound() {
    long bound = Long.MAX_VALUE;
    for (Reader reader : direct()) {
      NodeDef node = reader.node();
      List<TensorRef> inputs = Nodes.dataInputs(node);
      long here =
          switch (node.getOp()) {
            case "ResourceGather", "GatherV2", "Gather" ->
                reader.at() == 1 ? rows(node, inputs) : -1;
            case "OneHot" -> reader.at() == 0 ? number(inputs.get(1)) : -1;
            case "Bincount", "DenseBincount" -> reader.at() == 0 ? number(inputs.get(1)) : -1;
            default -> -1;
          };
      if (here > 0) {
        bound = Math.min(bound, here);
      }
    }
    return bound == Long.MAX_VALUE ? OptionalLong.empty() : OptionalLong.of(bound);
  }

  private long rows(NodeDef gather, List<TensorRef> inputs) {
    Shape table = shape(inputs.get(0));
    long axis = inputs.size() > 2 ? number(inputs.get(2)) : 0;
    return axis >= 0 && axis < table.rank() ? table.dim((int) axis) : -1;
  }

  /** How many features the input has, by the weight that it is multiplied with. */
  OptionalLong features() {
    for (Reader reader : direct()) {
      NodeDef node = reader.node();
      if (node.getOp().equals("SparseTensorDenseMatMul") && reader.at() < 3) {
        Shape weight = shape(Nodes.dataInput(node, 3));
        if (weight.rank() == 2 && weight.dim(0) > 0) {
          return OptionalLong.of(weight.dim(0));
        }
      }
      if (reader.at() != 0) {
        continue;
      }
      Shape weight =
          Nodes.dataInputs(node).size() < 2 ? Shape.unknown() : shape(Nodes.dataInput(node, 1));
      long here =
          switch (node.getOp()) {
            case "MatMul", "BatchMatMul", "BatchMatMulV2" ->
                weight.rank() >= 2 ? weight.dim(flag(node) ? -1 : -2) : -1;
            case "Conv2D", "Conv3D" -> weight.rank() >= 4 ? weight.dim(-2) : -1;
            case "DepthwiseConv2dNative" -> weight.rank() == 4 ? weight.dim(2) : -1;
            default -> -1;
          };
      if (here > 0) {
        return OptionalLong.of(here);
      }
    }
    return OptionalLong.empty();
  }

  private static boolean flag(NodeDef node) {
    return node.getAttrOrDefault("transpose_b", AttrValue.getDefaultInstance()).getB();
  }

  /** The shape of a variable, of what is read from it, or of a constant. */
  private Shape shape(TensorRef tensor) {
    TensorRef at = tensor;
    for (int hops = 0; hops < 20; hops++) {
      NodeDef node = graph.find(at.node());
      if (node == null) {
        break;
      }
      Variable variable = byNode.get(at.node());
      if (variable != null) {
        return variable.shape();
      }
      switch (node.getOp()) {
        case "ReadVariableOp", "Identity", "Cast" -> at = Nodes.dataInput(node, 0);
        case "Const" -> {
          AttrValue value = OpRegistry.standard().attr(node, "value");
          return value == null ? Shape.unknown() : Shape.from(value.getTensor().getTensorShape());
        }
        default -> {
          return Shape.unknown();
        }
      }
    }
    return Shape.unknown();
  }

  /** The constant texts at {@code tensor}; none if it is no constant. */
  List<String> texts(TensorRef tensor) {
    NodeDef node = graph.find(tensor.node());
    if (node == null || !node.getOp().equals("Const") || !node.containsAttr("value")) {
      return List.of();
    }
    TensorValue value = TensorValue.from(node.getAttrOrThrow("value").getTensor());
    return value.dtype() == DType.STRING ? value.texts() : List.of();
  }

  /** The constant number at {@code tensor}, or -1. */
  private long number(TensorRef tensor) {
    NodeDef node = graph.find(tensor.node());
    if (node == null || !node.getOp().equals("Const") || !node.containsAttr("value")) {
      return -1;
    }
    TensorValue value = TensorValue.from(node.getAttrOrThrow("value").getTensor());
    return value.shape().elements() == 1 && value.dtype() != DType.STRING
        ? (long) value.asDoubles()[0]
        : -1;
  }
}
