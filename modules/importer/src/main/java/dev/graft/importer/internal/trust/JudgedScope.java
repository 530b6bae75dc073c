package dev.graft.importer.internal.trust;

import com.google.protobuf.ByteString;
import dev.graft.error.BadModelException;
import dev.graft.graph.Nodes;
import dev.graft.graph.TensorRef;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.OpDef;
import org.tensorflow.proto.TensorProto;

/** A graph, or the body of a function with what one call of it says of its arguments. */
final class JudgedScope {

  private static final ByteString MINUS_ONE = // as a long
      ByteString.copyFrom(new byte[] {-1, -1, -1, -1, -1, -1, -1, -1});

  private final String function;
  private final Map<String, NodeDef> nodes;
  private final Map<String, Known> arguments;
  private final Map<TensorRef, Known> fed;
  private final Set<String> handles;
  private final Map<String, Known> found = new HashMap<>();

  private JudgedScope(
      String function,
      Map<String, NodeDef> nodes,
      Map<String, Known> arguments,
      Map<TensorRef, Known> fed,
      Set<String> handles) {
    this.function = function;
    this.nodes = nodes;
    this.arguments = arguments;
    this.fed = fed;
    this.handles = handles;
  }

  /**
   * A graph.
   *
   * @param fed what is known of tensors that are fed, whatever the graph says of them
   * @param handles the nodes of {@link OwnVariables}
   */
  static JudgedScope graph(
      Map<String, NodeDef> nodes, Map<TensorRef, Known> fed, Set<String> handles) {
    return new JudgedScope("", nodes, Map.of(), fed, handles);
  }

  /**
   * The body of a function.
   *
   * @param given what is known of its arguments, in order; nothing of those that are not listed
   */
  static JudgedScope body(FunctionDef function, List<Known> given) {
    String name = function.getSignature().getName();
    Map<String, Known> arguments = new HashMap<>();
    Map<String, NodeDef> nodes = new LinkedHashMap<>();
    List<OpDef.ArgDef> args = function.getSignature().getInputArgList();
    for (int i = 0; i < args.size(); i++) {
      Known known = i < given.size() ? given.get(i) : Known.NOTHING;
      if (arguments.put(args.get(i).getName(), known) != null) {
        throw new BadModelException(
            "function '" + name + "' has two arguments of one name; it is damaged.");
      }
    }
    for (NodeDef node : function.getNodeDefList()) {
      // whoever gives one name to two things wants them to be taken for each other
      if (arguments.containsKey(node.getName()) || nodes.put(node.getName(), node) != null) {
        throw BadModelException.atNode(
            node.getName(),
            "function '"
                + name
                + "' has two things called '"
                + node.getName()
                + "'; it is damaged.");
      }
    }
    return new JudgedScope(name, nodes, arguments, Map.of(), Set.of());
  }

  /** The function's name; empty for a graph. */
  String function() {
    return function;
  }

  /** Its nodes. */
  Collection<NodeDef> nodes() {
    return nodes.values();
  }

  /** What is known of each data input of {@code node}. */
  List<Known> inputs(NodeDef node) {
    List<Known> known = new ArrayList<>();
    for (String input : node.getInputList()) {
      if (!Nodes.isControl(input)) {
        known.add(known(input));
      }
    }
    return known;
  }

  private Known known(String input) {
    List<String> passed = new ArrayList<>();
    String at = input;
    Known known = found.get(at);
    while (known == null) {
      passed.add(at);
      NodeDef node = nodes.get(node(at));
      Known put = fed.isEmpty() ? null : fed.get(TensorRef.parse(at));
      if (put != null) {
        known = put;
      } else if (arguments.containsKey(at)) {
        known = arguments.get(at);
      } else if (node != null && MachineOps.RESTORES.contains(node.getOp())) {
        known = inputs(node).contains(Known.OWN_CHECKPOINT) ? Known.ROWS : Known.NOTHING;
      } else if (node == null || !isFirstOutput(at) || passed.size() > nodes.size()) {
        known = Known.NOTHING;
      } else if (handsOn(node)) {
        at = node.getInput(0);
        known = found.get(at);
      } else {
        known = of(node);
      }
    }
    Known result = known;
    passed.forEach(each -> found.put(each, result));
    return known;
  }

  private Known of(NodeDef node) {
    return switch (node.getOp()) {
      case "Const" -> isEmptyText(node) ? Known.EMPTY_TEXT : ofConstant(node);
      case "PlaceholderWithDefault" -> // that nobody feeds
          inputs(node).stream().anyMatch(Known::hasRows) ? Known.ROWS : Known.NOTHING;
      case "VarHandleOp" -> handles.contains(node.getName()) ? Known.OWN_HANDLE : Known.NOTHING;
      case "ReadVariableOp" -> isOwnHandle(node) ? Known.OWN_FILE : Known.NOTHING;
      default -> Known.NOTHING;
    };
  }

  private static Known ofConstant(NodeDef constant) {
    TensorProto value =
        constant.getAttrOrDefault("value", AttrValue.getDefaultInstance()).getTensor();
    if (value.getTensorShape().getDimCount() == 0
        || value.getTensorShape().getDimList().stream().anyMatch(dim -> dim.getSize() < 0)) {
      return Known.NOTHING;
    }
    if (value.getTensorShape().getDimList().stream().anyMatch(dim -> dim.getSize() == 0)) {
      return Known.NO_ELEMENTS;
    }
    return isOfIndices(value) ? Known.INDICES : isOfAnyRows(value) ? Known.ANY_ROWS : Known.ROWS;
  }

  /** Whether the first number of a constant is -1. */
  private static boolean isOfAnyRows(TensorProto value) {
    ByteString content = value.getTensorContent();
    return switch (value.getDtype()) {
      case DT_INT32 ->
          content.isEmpty()
              ? value.getIntValCount() > 0 && value.getIntVal(0) == -1
              : content.startsWith(MINUS_ONE.substring(0, Integer.BYTES));
      case DT_INT64 ->
          content.isEmpty()
              ? value.getInt64ValCount() > 0 && value.getInt64Val(0) == -1
              : content.startsWith(MINUS_ONE);
      default -> false;
    };
  }

  /** Whether no number of a constant is below 0; by its sign bits, whatever its shape says. */
  private static boolean isOfIndices(TensorProto value) {
    if (value.getDtype() != DataType.DT_INT32) {
      return false;
    }
    ByteString content = value.getTensorContent(); // little-endian
    for (int high = Integer.BYTES - 1; high < content.size(); high += Integer.BYTES) {
      if (content.byteAt(high) < 0) {
        return false;
      }
    }
    return value.getIntValList().stream().allMatch(each -> each >= 0);
  }

  /** Whether {@code read} reads one of them, which it gets as it is. */
  private boolean isOwnHandle(NodeDef read) {
    if (read.getInputCount() == 0 || Nodes.isControl(read.getInput(0))) {
      return false;
    }
    String input = read.getInput(0);
    return arguments.getOrDefault(input, Known.NOTHING) == Known.OWN_HANDLE
        || handles.contains(node(input)) && !fed.containsKey(TensorRef.parse(input));
  }

  /**
   * Whether {@code input} is written as the only output of a node is: {@code node} or {@code
   * node:0} in a graph, {@code node:name:0} in a function, where {@code x:1} may be part of an
   * argument.
   */
  private boolean isFirstOutput(String input) {
    long colons = input.chars().filter(c -> c == ':').count();
    return function.isEmpty()
        ? colons == 0 || input.endsWith(":0")
        : colons == 2 && input.endsWith(":0");
  }

  /** The node of a tensor as graphs and functions write it. */
  static String node(String input) {
    int colon = input.indexOf(':');
    return colon < 0 ? input : input.substring(0, colon);
  }

  private static boolean handsOn(NodeDef node) {
    return node.getOp().equals("Identity")
        && node.getInputCount() > 0
        && !Nodes.isControl(node.getInput(0));
  }

  /**
   * Whether a constant is a text of no characters, in whichever of the two forms that TensorFlow
   * reads: it takes {@code tensor_content} first.
   */
  private static boolean isEmptyText(NodeDef node) {
    AttrValue value = node.getAttrOrDefault("value", AttrValue.getDefaultInstance());
    TensorProto tensor = value.getTensor();
    return value.hasTensor()
        && tensor.getDtype() == DataType.DT_STRING
        && tensor.getTensorContent().isEmpty()
        && tensor.getStringValList().stream().allMatch(ByteString::isEmpty);
  }
}
