package dev.graft.graph.op;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import dev.graft.error.BadModelException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.OpDef;
import org.tensorflow.proto.OpList;

/**
 * What TensorFlow knows about its ops, read from a resource so that no native code is needed:
 * names, inputs, outputs, attributes and their defaults. The resource {@code ops.pb} is
 * TensorFlow's own {@code OpList} (TF_GetAllOpList) of the version Graft runs on; {@code
 * no_kernel.txt} lists those of them that it has nothing to run with (TF_GetAllRegisteredKernels).
 */
public final class OpRegistry {

  /** Ops with a state that change nothing. */
  private static final Set<String> LOOKING = Set.of("ReadVariableOp", "Assert");

  private static final int REF = 100; // DT_FLOAT_REF = DT_FLOAT + 100, and so for each dtype

  private final ImmutableMap<String, OpDef> ops;
  private final ImmutableSet<String> withoutKernel;

  private OpRegistry(Collection<OpDef> ops, Collection<String> withoutKernel) {
    this.withoutKernel = ImmutableSet.copyOf(withoutKernel);
    ImmutableMap.Builder<String, OpDef> byName = ImmutableMap.builder();
    ops.forEach(op -> byName.put(op.getName(), op));
    this.ops = byName.buildOrThrow();
  }

  /** The ops of the TensorFlow version that Graft runs on. */
  public static OpRegistry standard() {
    return Standard.INSTANCE;
  }

  /** The op called {@code name}, if TensorFlow has it. */
  public Optional<OpDef> find(String name) {
    return Optional.ofNullable(ops.get(name));
  }

  /**
   * Whether TensorFlow knows {@code op} by name only: it has no kernel for it, neither for a CPU
   * nor for a GPU, neither plain nor by XLA.
   */
  public boolean isWithoutKernel(String op) {
    return withoutKernel.contains(op);
  }

  /** The op of {@code node}; fails with its name if TensorFlow lacks it. */
  public OpDef of(NodeDef node) {
    OpDef op = ops.get(node.getOp());
    if (op == null) {
      throw BadModelException.atNode(
          node.getName(),
          "op '"
              + node.getOp()
              + "' of node '"
              + node.getName()
              + "' is not part of TensorFlow 2.18. It comes from another library or a newer TensorFlow;"
              + " cut the model above it, or export the model without it.");
    }
    return op;
  }

  /** All ops, in the registry's order. */
  public Collection<OpDef> all() {
    return ops.values();
  }

  /**
   * The dtypes of the outputs of {@code node}, one for each output; references count as their base
   * dtype.
   */
  public List<DataType> outputTypes(NodeDef node) {
    return types(node, of(node).getOutputArgList());
  }

  /**
   * The dtypes of the data inputs of {@code node}, one for each input; references count as their
   * base dtype.
   */
  public List<DataType> inputTypes(NodeDef node) {
    return types(node, of(node).getInputArgList());
  }

  /** The dtypes of the outputs of a node whose op is the function {@code function}. */
  public static List<DataType> outputTypes(NodeDef node, OpDef function) {
    ImmutableList.Builder<DataType> types = ImmutableList.builder();
    function.getOutputArgList().forEach(arg -> types.addAll(types(node, function, arg)));
    return types.build();
  }

  /** Where each named output of {@code node} starts among its flat outputs, in order. */
  public Map<String, Integer> outputStarts(NodeDef node) {
    Map<String, Integer> starts = new LinkedHashMap<>();
    int at = 0;
    OpDef op = of(node);
    for (OpDef.ArgDef arg : op.getOutputArgList()) {
      starts.put(arg.getName(), at);
      at += types(node, op, arg).size();
    }
    return starts;
  }

  /**
   * The attribute {@code name} of {@code node}: its own value, or the op's default, or null if it
   * has neither.
   */
  public @Nullable AttrValue attr(NodeDef node, String name) {
    AttrValue own = node.getAttrOrDefault(name, null);
    if (own != null) {
      return own;
    }
    OpDef op = ops.get(node.getOp());
    return op == null ? null : defaultOf(op, name);
  }

  /**
   * The attribute {@code name} of {@code node}, which all nodes of its op have.
   *
   * @throws IllegalStateException if they have not
   */
  public AttrValue required(NodeDef node, String name) {
    AttrValue value = attr(node, name);
    if (value == null) {
      throw new IllegalStateException(node.getOp() + " has no attribute '" + name + "'");
    }
    return value;
  }

  /**
   * Whether running {@code node} may do more than compute its outputs; unknown ops count as such.
   */
  public boolean isStateful(NodeDef node) {
    OpDef op = ops.get(node.getOp());
    return op == null || op.getIsStateful();
  }

  /**
   * Whether running {@code node} may change what is computed after it, or be changed by what was
   * before: it has a state, is no variable, and does more than look at one. A call counts as such.
   */
  public boolean mayChange(NodeDef node) {
    String op = node.getOp();
    return isStateful(node) && !LOOKING.contains(op) && !OpKinds.isVariable(op);
  }

  /** The base dtype of a reference dtype, any other dtype as it is; of an unknown one invalid. */
  public static DataType base(DataType type) {
    if (type == DataType.UNRECOGNIZED) {
      return DataType.DT_INVALID;
    }
    int number = type.getNumber();
    DataType base = number > REF ? DataType.forNumber(number - REF) : type;
    return base == null ? type : base;
  }

  private List<DataType> types(NodeDef node, List<OpDef.ArgDef> args) {
    OpDef op = of(node);
    ImmutableList.Builder<DataType> types = ImmutableList.builder();
    for (OpDef.ArgDef arg : args) {
      types.addAll(types(node, op, arg));
    }
    return types.build();
  }

  private static List<DataType> types(NodeDef node, OpDef op, OpDef.ArgDef arg) {
    if (!arg.getTypeListAttr().isEmpty()) {
      return required(node, op, arg.getTypeListAttr()).getList().getTypeList().stream()
          .map(OpRegistry::base)
          .toList();
    }
    DataType type =
        arg.getTypeAttr().isEmpty()
            ? arg.getType()
            : required(node, op, arg.getTypeAttr()).getType();
    if (arg.getNumberAttr().isEmpty()) {
      return List.of(base(type));
    }
    long count = required(node, op, arg.getNumberAttr()).getI();
    if (count < 0 || count > 1_000_000) {
      throw BadModelException.atNode(
          node.getName(),
          "node '" + node.getName() + "' has " + arg.getNumberAttr() + " = " + count);
    }
    return Collections.nCopies((int) count, base(type));
  }

  private static AttrValue required(NodeDef node, OpDef op, String name) {
    AttrValue value = node.getAttrOrDefault(name, null);
    if (value == null) {
      value = defaultOf(op, name);
    }
    if (value == null) {
      throw BadModelException.atNode(
          node.getName(),
          "node '"
              + node.getName()
              + "' ("
              + op.getName()
              + ") lacks its attribute '"
              + name
              + "'; the file is damaged.");
    }
    return value;
  }

  private static @Nullable AttrValue defaultOf(OpDef op, String name) {
    for (OpDef.AttrDef attr : op.getAttrList()) {
      if (attr.getName().equals(name)) {
        return attr.hasDefaultValue() ? attr.getDefaultValue() : null;
      }
    }
    return null;
  }

  private static final class Standard {
    static final OpRegistry INSTANCE = load();

    private static OpRegistry load() {
      try (InputStream ops = OpRegistry.class.getResourceAsStream("ops.pb");
          InputStream idle = OpRegistry.class.getResourceAsStream("no_kernel.txt")) {
        if (ops == null || idle == null) {
          throw new IllegalStateException(
              "resources dev/graft/graph/op/ops.pb and no_kernel.txt are missing from the build");
        }
        String names = new String(idle.readAllBytes(), StandardCharsets.UTF_8);
        return new OpRegistry(
            OpList.parseFrom(ops).getOpList(),
            names.lines().filter(line -> !line.startsWith("#")).toList());
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
