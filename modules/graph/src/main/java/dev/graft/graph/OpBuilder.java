package dev.graft.graph;

import dev.graft.graph.op.OpRegistry;
import dev.graft.tensor.Shape;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.OpDef;

/**
 * Adds one node to a {@link GraphEditor}. Inputs are given in the order of the op's arguments; an
 * argument that takes a list gets one {@link #inputs} call. Type and count attributes follow from
 * the inputs; others are set with {@link #attr} or have the op's default.
 *
 * <pre>{@code
 * TensorRef sum = editor.op("AddV2").name("head/add").input(x).input(bias).output();
 * }</pre>
 */
public final class OpBuilder {

  private final GraphEditor editor;
  private final OpDef op;
  private final List<List<TensorRef>> arguments = new ArrayList<>();
  private final Set<String> control = new LinkedHashSet<>();
  private final Map<String, AttrValue> attrs = new LinkedHashMap<>();
  private String name;
  private String device = "";

  OpBuilder(GraphEditor editor, String type) {
    this.editor = editor;
    this.op =
        OpRegistry.standard()
            .find(type)
            .orElseThrow(() -> new IllegalArgumentException("TensorFlow has no op '" + type + "'"));
    this.name = type;
  }

  /** The name to give the node; a suffix is added if it is taken. The op's name if not set. */
  public OpBuilder name(String wanted) {
    this.name = wanted;
    return this;
  }

  /** The next argument, which takes one tensor. */
  public OpBuilder input(TensorRef tensor) {
    arguments.add(List.of(tensor));
    return this;
  }

  /** The next argument, which takes a list of tensors. */
  public OpBuilder inputs(Collection<TensorRef> tensors) {
    arguments.add(List.copyOf(tensors));
    return this;
  }

  /** A node that has to run first. */
  public OpBuilder after(String node) {
    control.add(node);
    return this;
  }

  /** Nodes that have to run first. */
  public OpBuilder after(Collection<String> nodes) {
    control.addAll(nodes);
    return this;
  }

  /** The device to ask for, as TensorFlow writes it. */
  public OpBuilder device(String wanted) {
    this.device = wanted;
    return this;
  }

  /** Sets an attribute; see {@link Attrs}. */
  public OpBuilder attr(String key, AttrValue value) {
    attrs.put(key, value);
    return this;
  }

  /** Sets an integer attribute. */
  public OpBuilder attr(String key, long value) {
    return attr(key, Attrs.of(value));
  }

  /** Sets a floating-point attribute. */
  public OpBuilder attr(String key, float value) {
    return attr(key, Attrs.of(value));
  }

  /** Sets a truth value. */
  public OpBuilder attr(String key, boolean value) {
    return attr(key, Attrs.of(value));
  }

  /** Sets a string attribute. */
  public OpBuilder attr(String key, String value) {
    return attr(key, Attrs.of(value));
  }

  /** Sets a dtype attribute. */
  public OpBuilder attr(String key, DataType value) {
    return attr(key, Attrs.of(value));
  }

  /** Sets a shape attribute. */
  public OpBuilder attr(String key, Shape value) {
    return attr(key, Attrs.of(value));
  }

  /** Adds the node and gives its name. */
  public String node() {
    return build().getName();
  }

  /** Adds the node and gives its first output. */
  public TensorRef output() {
    return TensorRef.of(node());
  }

  /** Adds the node and gives all its outputs. */
  public List<TensorRef> outputs() {
    NodeDef node = build();
    int count = OpRegistry.standard().outputTypes(node).size();
    return IntStream.range(0, count).mapToObj(i -> new TensorRef(node.getName(), i)).toList();
  }

  private NodeDef build() {
    if (arguments.size() != op.getInputArgCount()) {
      throw new IllegalArgumentException(
          op.getName()
              + " takes "
              + op.getInputArgCount()
              + " arguments, given "
              + arguments.size());
    }
    NodeDef.Builder node =
        NodeDef.newBuilder().setName(editor.uniqueName(name)).setOp(op.getName()).setDevice(device);
    for (int i = 0; i < arguments.size(); i++) {
      infer(op.getInputArg(i), arguments.get(i));
      arguments.get(i).forEach(tensor -> node.addInput(tensor.asInput()));
    }
    control.forEach(before -> node.addInput("^" + before));
    for (OpDef.AttrDef attr : op.getAttrList()) {
      if (!attrs.containsKey(attr.getName())) {
        if (!attr.hasDefaultValue()) {
          throw new IllegalArgumentException(
              op.getName() + " needs its attribute '" + attr.getName() + "'");
        }
        attrs.put(attr.getName(), attr.getDefaultValue());
      }
    }
    NodeDef built = node.putAllAttr(attrs).build();
    editor.add(built);
    return built;
  }

  private void infer(OpDef.ArgDef arg, List<TensorRef> tensors) {
    List<DataType> types = tensors.stream().map(editor::dtype).toList();
    if (!arg.getTypeListAttr().isEmpty()) {
      attrs.putIfAbsent(arg.getTypeListAttr(), Attrs.types(types));
      return;
    }
    if (!arg.getNumberAttr().isEmpty()) {
      attrs.put(arg.getNumberAttr(), Attrs.of(tensors.size()));
    } else if (tensors.size() != 1) {
      throw new IllegalArgumentException(
          op.getName() + " takes one tensor as '" + arg.getName() + "', given " + tensors.size());
    }
    @Nullable AttrValue known = arg.getTypeAttr().isEmpty() ? null : attrs.get(arg.getTypeAttr());
    if (!arg.getTypeAttr().isEmpty() && known == null && !types.isEmpty()) {
      attrs.put(arg.getTypeAttr(), Attrs.of(types.get(0)));
      known = attrs.get(arg.getTypeAttr());
    }
    DataType wanted = known != null ? known.getType() : arg.getType();
    for (int i = 0; i < types.size(); i++) {
      if (types.get(i) != OpRegistry.base(wanted)) {
        throw new IllegalArgumentException(
            op.getName()
                + " '"
                + name
                + "' takes "
                + wanted
                + " as '"
                + arg.getName()
                + "', but "
                + tensors.get(i)
                + " is "
                + types.get(i));
      }
    }
  }
}
