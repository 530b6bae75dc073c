package dev.graft.graph;

import dev.graft.error.BadModelException;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.NodeDef;

/**
 * The one place where graphs change. It starts from a {@link Graph}, takes edits, and gives a new
 * Graph from {@link #build()}, which checks what must always hold: names are unique, every input
 * exists, the dtypes at both ends of an edge agree, and there is no cycle outside TensorFlow's own
 * loops. Not for use by several threads at once.
 */
public final class GraphEditor {

  private final Graph original;
  private final Map<String, NodeDef> nodes;
  private final Map<String, FunctionDef> functions;
  private final Map<String, List<DataType>> outputTypes = new HashMap<>();
  private final Names names;

  GraphEditor(Graph graph) {
    this.original = graph;
    this.nodes = new LinkedHashMap<>(graph.nodeMap());
    this.functions = new LinkedHashMap<>(graph.functions());
    this.names = new Names(nodes::containsKey);
  }

  /**
   * {@code wanted} if it is free, else {@code wanted_1}, {@code wanted_2} and so on. The name is
   * then taken.
   */
  public String uniqueName(String wanted) {
    return names.take(wanted);
  }

  /**
   * Starts a new node of the given op; {@link OpBuilder} infers its type attributes from its
   * inputs.
   */
  public OpBuilder op(String type) {
    return new OpBuilder(this, type);
  }

  /** Adds a constant, under {@code name} or that name with a suffix, and gives its output. */
  public TensorRef constant(String name, TensorValue value) {
    return op("Const")
        .name(name)
        .attr("dtype", value.dtype().proto())
        .attr("value", Attrs.of(value.toProto()))
        .output();
  }

  /** Adds a placeholder, under {@code name} or that name with a suffix, and gives its output. */
  public TensorRef placeholder(String name, DataType dtype, Shape shape) {
    return op("Placeholder").name(name).attr("dtype", dtype).attr("shape", shape).output();
  }

  /** Adds a finished node; fails if its name is taken. */
  public GraphEditor add(NodeDef node) {
    if (nodes.putIfAbsent(node.getName(), node) != null) {
      throw new IllegalArgumentException("there is a node '" + node.getName() + "' already");
    }
    return this;
  }

  /** Puts {@code node} in the place of the node with its name; fails if there is none. */
  public GraphEditor replace(NodeDef node) {
    if (nodes.replace(node.getName(), node) == null) {
      throw new IllegalArgumentException("there is no node '" + node.getName() + "'");
    }
    outputTypes.remove(node.getName());
    return this;
  }

  /**
   * The node called {@code name} hands on {@code value} from now on and does nothing else, so that
   * all that reads it, or says its name, needs no change.
   */
  public GraphEditor standIn(String name, TensorRef value) {
    NodeDef old = node(name);
    NodeDef.Builder handsOn =
        NodeDef.newBuilder()
            .setName(name)
            .setOp("Identity")
            .addInput(value.asInput())
            .putAttr("T", Attrs.of(dtype(value)));
    old.getInputList().stream().filter(Nodes::isControl).forEach(handsOn::addInput);
    return replace(handsOn.build());
  }

  /** Takes out the node called {@code name}, if it is there. */
  public GraphEditor remove(String name) {
    nodes.remove(name);
    outputTypes.remove(name);
    return this;
  }

  /** The node called {@code name} as it is now; fails if there is none. */
  public NodeDef node(String name) {
    NodeDef node = nodes.get(name);
    if (node == null) {
      throw BadModelException.atNode(name, "the graph has no node '" + name + "'.");
    }
    return node;
  }

  /** Whether there is a node called {@code name} now. */
  public boolean contains(String name) {
    return nodes.containsKey(name);
  }

  /** All nodes as they are now. The collection is a snapshot. */
  public Collection<NodeDef> nodes() {
    return List.copyOf(nodes.values());
  }

  /** Adds a function, or replaces the one with its name. */
  public GraphEditor putFunction(FunctionDef function) {
    functions.put(function.getSignature().getName(), function);
    return this;
  }

  /** The function called {@code name}, or null. */
  public @Nullable FunctionDef function(String name) {
    return functions.get(name);
  }

  /** All functions as they are now, by name. The map is a view. */
  public Map<String, FunctionDef> functions() {
    return Collections.unmodifiableMap(functions);
  }

  /** A function name that is not taken yet. */
  public String uniqueFunctionName(String wanted) {
    return Names.free(wanted, functions::containsKey);
  }

  /** The dtype of {@code tensor} as the graph is now. */
  public DataType dtype(TensorRef tensor) {
    List<DataType> types =
        outputTypes.computeIfAbsent(tensor.node(), n -> Graph.outputTypes(node(n), functions));
    if (tensor.index() >= types.size()) {
      throw BadModelException.atNode(
          tensor.node(), "node '" + tensor.node() + "' has no output " + tensor.index() + ".");
    }
    return types.get(tensor.index());
  }

  /** Makes every node that reads {@code from} read {@code to} instead. */
  public GraphEditor redirect(TensorRef from, TensorRef to) {
    return redirect(from, to, node -> true);
  }

  /**
   * Makes every node that reads {@code from} and satisfies {@code where} read {@code to} instead.
   */
  public GraphEditor redirect(TensorRef from, TensorRef to, Predicate<NodeDef> where) {
    for (NodeDef node : nodes()) {
      if (!where.test(node)) {
        continue;
      }
      NodeDef.@Nullable Builder changed = null;
      for (int i = 0; i < node.getInputCount(); i++) {
        String input = node.getInput(i);
        if (!Nodes.isControl(input) && TensorRef.parse(input).equals(from)) {
          changed = changed == null ? node.toBuilder() : changed;
          changed.setInput(i, to.asInput());
        }
      }
      if (changed != null) {
        nodes.put(node.getName(), changed.build());
      }
    }
    return this;
  }

  /**
   * Copies all nodes of {@code other} in under {@code prefix} (empty for none). Nodes of {@code
   * other} that are keys of {@code bind} (its placeholders) are not copied; what read their first
   * output reads the bound tensor instead.
   *
   * @return how a tensor of {@code other} is called here now
   */
  public Splice splice(Graph other, String prefix, Map<String, TensorRef> bind) {
    Map<String, String> renamed = new HashMap<>();
    for (NodeDef node : other.nodes()) {
      if (!bind.containsKey(node.getName())) {
        String wanted = prefix.isEmpty() ? node.getName() : prefix + "/" + node.getName();
        renamed.put(node.getName(), uniqueName(wanted));
      }
    }
    other.functions().forEach(functions::putIfAbsent);
    Splice splice = new Splice(renamed, bind);
    for (NodeDef node : other.nodes()) {
      if (!bind.containsKey(node.getName())) {
        add(splice.rename(node));
      }
    }
    return splice;
  }

  /**
   * Copies {@code some} of the nodes under {@code prefix}. What they read of others is read by the
   * copies as well, but for the keys of {@code bind}: instead of their first output the bound
   * tensor is read. A loop of the copies has a frame of its own.
   *
   * @return how a tensor is called among the copies
   */
  public Splice copy(Set<String> some, String prefix, Map<String, TensorRef> bind) {
    Map<String, String> renamed = new LinkedHashMap<>();
    for (String node : some) {
      if (!bind.containsKey(node)) {
        renamed.put(node, uniqueName(prefix + "/" + node));
      }
    }
    Splice splice = new Splice(renamed, bind);
    for (String node : renamed.keySet()) {
      NodeDef copy = splice.rename(node(node));
      AttrValue frame = copy.getAttrMap().get("frame_name");
      add(
          frame == null
              ? copy
              : copy.toBuilder()
                  .putAttr("frame_name", Attrs.of(prefix + "/" + frame.getS().toStringUtf8()))
                  .build());
    }
    return splice;
  }

  /** The names that {@link #splice} or {@link #copy} gave. */
  public static final class Splice {
    private final Map<String, String> renamed;
    private final Map<String, TensorRef> bind;

    Splice(Map<String, String> renamed, Map<String, TensorRef> bind) {
      this.renamed = renamed;
      this.bind = bind;
    }

    /** What the spliced graph's {@code tensor} is called in the graph it was spliced into. */
    public TensorRef of(TensorRef tensor) {
      TensorRef bound = bind.get(tensor.node());
      return bound != null ? bound : new TensorRef(node(tensor.node()), tensor.index());
    }

    /** What the spliced graph's {@code node} is called in the graph it was spliced into. */
    public String node(String node) {
      TensorRef bound = bind.get(node);
      return bound != null ? bound.node() : renamed.getOrDefault(node, node);
    }

    NodeDef rename(NodeDef node) {
      NodeDef.Builder copy = node.toBuilder().setName(node(node.getName())).clearInput();
      for (String input : node.getInputList()) {
        copy.addInput(
            Nodes.isControl(input)
                ? "^" + node(input.substring(1))
                : of(TensorRef.parse(input)).asInput());
      }
      return Colocation.rename(copy.build(), renamed::get);
    }
  }

  /** The graph as edited, after checking its invariants. */
  public Graph build() {
    Map<String, FunctionDef> used =
        Functions.reachable(nodes.values(), functions, original.gradientFunctions());
    Graph graph = new Graph(nodes, used, original.gradients(), original.versions());
    GraphInvariants.check(graph);
    return graph;
  }
}
