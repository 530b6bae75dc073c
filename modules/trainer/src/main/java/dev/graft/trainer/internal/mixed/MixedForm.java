package dev.graft.trainer.internal.mixed;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSortedMap;
import dev.graft.graph.Colocation;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Loops;
import dev.graft.graph.Nodes;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.graph.op.OpRegistry;
import dev.graft.tensor.DType;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.NodeDef;

/**
 * A graph in which what a step computes is there a second time, with fewer digits in each product.
 * Both forms read the same variables, in float32.
 */
public final class MixedForm {

  private static final String PREFIX = "graft/mixed";
  private static final OpRegistry OPS = OpRegistry.standard();

  private final GraphEditor editor;
  private final Scope scope;
  private final Graph before;
  private final DType dtype;
  private final Map<String, NodeDef> low;
  private final Map<String, String> copies = new LinkedHashMap<>(); // their names
  private final Map<TensorRef, Map<DataType, TensorRef>> casts = new HashMap<>();

  private MixedForm(GraphEditor editor, Graph before, DType dtype, Map<String, NodeDef> low) {
    this.editor = editor;
    this.scope = new Scope(editor, editor.uniqueName(PREFIX));
    this.before = before;
    this.dtype = dtype;
    this.low = low;
  }

  /**
   * Adds the second form.
   *
   * @param fed the tensors that a step is given, as they are
   * @param answers from where on all is float32
   * @param roots the nodes that a step runs: its loss, and what moves statistics
   * @param dtype that of fewer digits
   */
  public static MixedForm add(
      GraphEditor editor,
      Collection<TensorRef> fed,
      Collection<TensorRef> answers,
      Collection<String> roots,
      DType dtype) {
    Graph graph = editor.build();
    Set<String> step = graph.upstream(roots, nodes(fed));
    Set<String> among = new HashSet<>(step);
    Set<String> after = new HashSet<>(graph.downstream(nodes(answers)));
    after.removeAll(nodes(answers));
    among.removeAll(after);
    Map<String, NodeDef> low = low(graph, among, dtype);
    MixedForm form = new MixedForm(editor, graph, dtype, low);
    form.copy(step);
    return form;
  }

  /**
   * How many products and convolutions would have fewer digits in what {@code roots} run where
   * nothing is an answer.
   */
  public static long products(
      Graph graph, Collection<TensorRef> fed, Collection<String> roots, DType dtype) {
    Set<String> among = new HashSet<>(graph.upstream(roots, nodes(fed)));
    return low(graph, among, dtype).values().stream().filter(MixedOps::gains).count();
  }

  private static Map<String, NodeDef> low(Graph graph, Set<String> among, DType dtype) {
    among.removeAll(graph.upstream(Loops.inside(graph))); // whose frames cannot be had twice
    return LowNodes.of(graph, among, dtype.proto());
  }

  private static Set<String> nodes(Collection<TensorRef> tensors) {
    return tensors.stream().map(TensorRef::node).collect(Collectors.toSet());
  }

  /** Copies what has fewer digits and all that runs after it. */
  private void copy(Set<String> step) {
    ImmutableList.Builder<NodeDef> changed = ImmutableList.builder();
    for (NodeDef node : before.topological()) {
      String name = node.getName();
      boolean isAfter =
          node.getInputList().stream().map(Nodes::producer).anyMatch(copies::containsKey);
      if (step.contains(name) && (low.containsKey(name) || isAfter)) {
        copies.put(name, editor.uniqueName(PREFIX + "/" + name));
        changed.add(node);
      }
    }
    changed.build().forEach(node -> editor.add(copy(node)));
  }

  private NodeDef copy(NodeDef node) {
    NodeDef form = low.getOrDefault(node.getName(), node);
    NodeDef.Builder copy = form.toBuilder().setName(node(node.getName())).clearInput();
    List<TensorRef> inputs = Nodes.dataInputs(node);
    List<DataType> types =
        low.containsKey(node.getName())
            ? OPS.inputTypes(form)
            : inputs.stream().map(before::dtype).toList();
    for (int i = 0; i < inputs.size(); i++) {
      copy.addInput(cast(of(inputs.get(i)), types.get(i)).asInput());
    }
    Nodes.controlInputs(node).forEach(control -> copy.addInput("^" + node(control)));
    return Colocation.rename(copy.build(), copies::get);
  }

  /** {@code tensor} in that dtype, made once for all that read it. */
  private TensorRef cast(TensorRef tensor, DataType wanted) {
    return editor.dtype(tensor) == wanted
        ? tensor
        : casts
            .computeIfAbsent(tensor, k -> new HashMap<>())
            .computeIfAbsent(wanted, k -> scope.cast(tensor, wanted));
  }

  /** What {@code tensor} is in the second form. */
  public TensorRef of(TensorRef tensor) {
    return new TensorRef(node(tensor.node()), tensor.index());
  }

  /** What {@code node} is called in the second form. */
  public String node(String node) {
    return copies.getOrDefault(node, node);
  }

  /** How many nodes compute in fewer digits, by op. */
  public ImmutableSortedMap<String, Long> counts() {
    return low.values().stream()
        .collect(
            ImmutableSortedMap.toImmutableSortedMap(
                String::compareTo, NodeDef::getOp, node -> 1L, Long::sum));
  }

  /** What became of a step, for a person. */
  public String words() {
    long gain = low.values().stream().filter(MixedOps::gains).count();
    return gain == 0
        ? "float32: nothing of a step can multiply in " + dtype + " (what is in loops cannot)"
        : String.format(
            Locale.ROOT,
            "%s: %,d products and convolutions and %,d ops that follow them; weights, statistics"
                + " and losses in float32%s",
            dtype,
            gain,
            low.size() - gain,
            dtype == DType.FLOAT16 ? ", and the loss is scaled" : "");
  }
}
