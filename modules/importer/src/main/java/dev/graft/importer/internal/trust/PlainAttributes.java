package dev.graft.importer.internal.trust;

import com.google.common.collect.ImmutableSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.GraphDef;
import org.tensorflow.proto.NameAttrList;
import org.tensorflow.proto.NodeDef;

/**
 * Takes out of a graph the attributes that tell TensorFlow's executor, optimiser and compilers how
 * to run it, and keeps those that say what it computes. Nobody checks the others: {@code
 * _forward_input} has a kernel write into its input, {@code _XlaMustCompile} has XLA compile it
 * without looking at bounds, {@code api_implements} has one function take the place of another. No
 * answer depends on them.
 */
public final class PlainAttributes {

  /** Attributes that no op declares and that stay. */
  private static final ImmutableSet<String> KEPT =
      ImmutableSet.of(
          "_class", // stands beside which node
          "_gradient_op_type", // which gradient it has
          "_has_manual_control_dependencies",
          "_input_shapes",
          "_lower_using_switch_merge",
          "_output_shapes",
          "_user_specified_name");

  /** Attributes of functions without an underscore that TensorFlow's optimiser goes by. */
  private static final ImmutableSet<String> TWINS =
      ImmutableSet.of("api_implements", "api_preferred_device");

  /** Declared attributes of calls that set up the optimiser and the executor. */
  private static final ImmutableSet<String> OF_CALLS =
      ImmutableSet.of("config", "config_proto", "executor_type");

  private PlainAttributes() {}

  /** Returns {@code graph} without such attributes, in its nodes and its functions. */
  public static GraphDef of(GraphDef graph) {
    GraphDef.Builder plain = graph.toBuilder();
    plain.getNodeBuilderList().forEach(PlainAttributes::clean);
    plain.getLibraryBuilder().getFunctionBuilderList().forEach(PlainAttributes::clean);
    return plain.build();
  }

  private static void clean(FunctionDef.Builder function) {
    function.getNodeDefBuilderList().forEach(PlainAttributes::clean);
    remove(function.getAttrMap(), TWINS, function::removeAttr);
    for (Map.Entry<Integer, FunctionDef.ArgAttrs> each :
        List.copyOf(function.getArgAttrMap().entrySet())) {
      FunctionDef.ArgAttrs.Builder attrs = each.getValue().toBuilder();
      remove(attrs.getAttrMap(), Set.of(), attrs::removeAttr);
      function.putArgAttr(each.getKey(), attrs.build());
    }
  }

  private static void clean(NodeDef.Builder node) {
    boolean calls =
        node.getOp().equals("PartitionedCall") || node.getOp().equals("StatefulPartitionedCall");
    remove(node.getAttrMap(), calls ? OF_CALLS : Set.of(), node::removeAttr);
    for (Map.Entry<String, AttrValue> each : List.copyOf(node.getAttrMap().entrySet())) {
      if (namesFunctions(each.getValue())) {
        node.putAttr(each.getKey(), plain(each.getValue()));
      }
    }
  }

  static boolean namesFunctions(AttrValue attr) {
    return attr.hasFunc() || attr.getList().getFuncCount() > 0;
  }

  /** What a call says of the function that it names, and of those in that one's attributes. */
  private static AttrValue plain(AttrValue attr) {
    AttrValue.Builder plain = attr.toBuilder();
    if (attr.hasFunc()) {
      clean(plain.getFuncBuilder());
    } else {
      plain.getListBuilder().getFuncBuilderList().forEach(PlainAttributes::clean);
    }
    return plain.build();
  }

  private static void clean(NameAttrList.Builder function) {
    remove(function.getAttrMap(), TWINS, function::removeAttr);
    for (Map.Entry<String, AttrValue> each : List.copyOf(function.getAttrMap().entrySet())) {
      if (namesFunctions(each.getValue())) {
        function.putAttr(each.getKey(), plain(each.getValue()));
      }
    }
  }

  private static void remove(
      Map<String, AttrValue> attrs, Set<String> named, Consumer<String> remove) {
    Set<String> hidden =
        attrs.keySet().stream()
            .filter(name -> named.contains(name) || name.startsWith("_") && !KEPT.contains(name))
            .collect(Collectors.toSet());
    hidden.forEach(remove);
  }
}
