package dev.graft.importer;

import com.google.protobuf.ByteString;
import dev.graft.graph.Nodes;
import dev.graft.graph.OpenAttrs;
import dev.graft.graph.TensorRef;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.TensorProto;

/**
 * A graph, or the body of a function as one call of it sees it: with the attributes that the call
 * gives, and with what is known of its arguments.
 */
final class JudgedScope {

  /** Where a variable has this name, each handle is a variable of its own. */
  private static final String ANONYMOUS = "cd2c89b7-88b7-44c8-ad83-06c2a9158347";

  private final String function;
  private final Map<String, NodeDef> nodes;
  private final Map<String, AttrValue> attrs;
  private final Map<String, Known> arguments;
  private final Map<TensorRef, Known> fed;
  private final Predicate<String> own;
  private final Map<String, Known> found = new HashMap<>();
  private final Map<String, Known> handles = new HashMap<>(); // without looking into variables

  private JudgedScope(
      String function,
      Map<String, NodeDef> nodes,
      Map<String, AttrValue> attrs,
      Map<String, Known> arguments,
      Map<TensorRef, Known> fed,
      Predicate<String> own) {
    this.function = function;
    this.nodes = nodes;
    this.attrs = attrs;
    this.arguments = arguments;
    this.fed = fed;
    this.own = own;
  }

  /**
   * A graph.
   *
   * @param fed what is known of tensors that are fed, whatever the graph says of them
   * @param own whether a text variable holds such a place and never anything else
   */
  static JudgedScope graph(
      Map<String, NodeDef> nodes, Map<TensorRef, Known> fed, Predicate<String> own) {
    return new JudgedScope("", nodes, Map.of(), Map.of(), fed, own);
  }

  /** The body of a function. */
  static JudgedScope body(
      String function,
      Map<String, NodeDef> nodes,
      Map<String, AttrValue> attrs,
      Map<String, Known> arguments,
      Predicate<String> own) {
    return new JudgedScope(function, nodes, attrs, arguments, Map.of(), own);
  }

  /** The function's name; empty for a graph. */
  String function() {
    return function;
  }

  /** Its nodes. */
  Iterable<NodeDef> nodes() {
    return nodes.values();
  }

  /** {@code attr} as the call has it; empty if it stays open. */
  Optional<AttrValue> bound(AttrValue attr) {
    return OpenAttrs.bind(attr, attrs);
  }

  /** {@code given} as the call has it, without what stays open. */
  Map<String, AttrValue> bound(Map<String, AttrValue> given) {
    Map<String, AttrValue> bound = new HashMap<>();
    given.forEach((name, attr) -> bound(attr).ifPresent(value -> bound.put(name, value)));
    return bound;
  }

  /** What is known of each data input of {@code node}. */
  List<Known> inputs(NodeDef node) {
    List<Known> known = new ArrayList<>();
    for (String input : node.getInputList()) {
      if (!Nodes.isControl(input)) {
        known.add(known(input, true));
      }
    }
    return known;
  }

  /**
   * What is known of a tensor.
   *
   * @param reads whether to look into a variable; what its handle was read from is not asked
   */
  private Known known(String input, boolean reads) {
    Map<String, Known> memory = reads ? found : handles;
    List<String> passed = new ArrayList<>();
    String at = input;
    Known known = memory.get(at);
    while (known == null) {
      passed.add(at);
      NodeDef node = nodes.get(Nodes.producer(at));
      boolean handsOn = node != null && node.getOp().equals("Identity") && node.getInputCount() > 0;
      Known put = fed.isEmpty() ? null : fed.get(TensorRef.parse(at));
      if (put != null) {
        known = put;
      } else if (arguments.containsKey(at)) {
        known = arguments.get(at);
      } else if (node == null || passed.size() > nodes.size()) {
        known = Known.Fact.NOTHING;
      } else if (handsOn && !Nodes.isControl(node.getInput(0))) {
        at = node.getInput(0);
        known = memory.get(at);
      } else {
        known = of(node, reads);
      }
    }
    Known result = known;
    passed.forEach(each -> memory.put(each, result));
    return known;
  }

  private Known of(NodeDef node, boolean reads) {
    switch (node.getOp()) {
      case "Const" -> {
        return isEmptyText(node) ? Known.Fact.EMPTY_TEXT : Known.Fact.NOTHING;
      }
      case "VarHandleOp" -> {
        return variable(node);
      }
      case "ReadVariableOp" -> {
        boolean places =
            reads
                && node.getInputCount() > 0
                && !Nodes.isControl(node.getInput(0))
                && known(node.getInput(0), false) instanceof Known.TextVariable variable
                && own.test(variable.name());
        return places ? Known.Fact.OWN_FILE : Known.Fact.NOTHING;
      }
      default -> {
        return Known.Fact.NOTHING;
      }
    }
  }

  /** Variables are one if they share a name, whatever their nodes are called. */
  private Known variable(NodeDef node) {
    Optional<AttrValue> name = bound(node.getAttrOrDefault("shared_name", text("")));
    Optional<AttrValue> container = bound(node.getAttrOrDefault("container", text("")));
    boolean text =
        bound(node.getAttrOrDefault("dtype", AttrValue.getDefaultInstance()))
            .filter(dtype -> dtype.getType() != DataType.DT_STRING)
            .isEmpty();
    if (!text || name.isEmpty() || container.isEmpty()) {
      return Known.Fact.NOTHING;
    }
    String shared = name.get().getS().toStringUtf8();
    if (shared.equals(ANONYMOUS) || shared.isEmpty() && !function.isEmpty()) {
      return Known.Fact.NOTHING;
    }
    return new Known.TextVariable(
        container.get().getS().toStringUtf8() + "/" + (shared.isEmpty() ? node.getName() : shared));
  }

  private static AttrValue text(String text) {
    return AttrValue.newBuilder().setS(ByteString.copyFromUtf8(text)).build();
  }

  /**
   * Whether a constant is a text of no characters, in whichever of the two forms that TensorFlow
   * reads: it takes {@code tensor_content} first.
   */
  private boolean isEmptyText(NodeDef node) {
    Optional<AttrValue> value =
        bound(node.getAttrOrDefault("value", AttrValue.getDefaultInstance()));
    if (value.isEmpty() || !value.get().hasTensor()) {
      return false;
    }
    TensorProto tensor = value.get().getTensor();
    return tensor.getDtype() == DataType.DT_STRING
        && tensor.getTensorContent().isEmpty()
        && tensor.getStringValList().stream().allMatch(ByteString::isEmpty);
  }
}
