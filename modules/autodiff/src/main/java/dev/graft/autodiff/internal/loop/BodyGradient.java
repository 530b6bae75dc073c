package dev.graft.autodiff.internal.loop;

import dev.graft.autodiff.internal.engine.Library;
import dev.graft.autodiff.internal.engine.Shapes;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Nodes;
import dev.graft.graph.TensorRef;
import dev.graft.graph.function.FunctionGraph;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.NodeDef;

/**
 * A loop's body or a branch, differentiated, and {@link Cut} in two: what runs on the way forward,
 * and what runs on the way back.
 */
final class BodyGradient {

  private final Differentiated differentiated;
  private final Map<TensorRef, Integer> reads; // of variables, by argument
  private final Cut cut;

  /**
   * Differentiates {@code body}.
   *
   * @param shapes what is known of the body's tensors
   * @param library the functions of the graph that holds the body
   */
  BodyGradient(FunctionGraph body, Asked asked, Shapes shapes, Library library) {
    this.differentiated = Differentiated.of(body, asked, shapes, library);
    this.reads = differentiated.reads(asked.kept());
    this.cut = new Cut(differentiated, asked.kept(), reads, library.memory());
  }

  /** The gradient that comes in for each of the results asked for: a placeholder. */
  Map<Integer, TensorRef> incoming() {
    return differentiated.incoming();
  }

  /** The gradient of each argument that has one. */
  Map<Integer, TensorRef> outgoing() {
    return differentiated.outgoing();
  }

  /** What is saved, read as it is, and read of variables. */
  Cut cut() {
    return cut;
  }

  DataType dtype(TensorRef tensor) {
    return differentiated.graph().dtype(tensor);
  }

  /** The dtype of the variable whose handle argument {@code i} is. */
  DataType valueType(int i) {
    for (Map.Entry<TensorRef, Integer> read : reads.entrySet()) {
      if (read.getValue() == i) {
        return dtype(read.getKey());
      }
    }
    throw new IllegalStateException("argument " + i + " is not read as a variable");
  }

  /** The argument itself. */
  TensorRef argument(int i) {
    return differentiated.argument(i);
  }

  /** What stands in {@link #backward} for the value of the variable of argument {@code i}. */
  TensorRef value(int i) {
    return new TensorRef(argument(i).node(), 1); // no placeholder has a second output
  }

  /** An editor that holds the way forward: the body as it was, and what the cut saves. */
  GraphEditor forward() {
    Graph graph = differentiated.graph();
    Set<String> keep =
        new HashSet<>(graph.upstream(cut.saved().stream().map(TensorRef::node).toList()));
    differentiated.body().graph().nodes().forEach(node -> keep.add(node.getName()));
    GraphEditor editor = Graph.empty().edit();
    Library.putAll(editor, graph);
    for (NodeDef node : graph.nodes()) {
      if (keep.contains(node.getName())) {
        editor.add(node);
      }
    }
    return editor;
  }

  /**
   * Adds the way back to {@code editor}.
   *
   * @param bound what stands there for incoming gradients, saved tensors, arguments and values of
   *     variables (under {@link #value})
   * @return the gradient of each argument that has one
   */
  Map<Integer, TensorRef> backward(GraphEditor editor, Map<TensorRef, TensorRef> bound) {
    Graph graph = differentiated.graph();
    Library.putAll(editor, graph);
    Set<String> needed = new HashSet<>();
    Deque<TensorRef> open = new ArrayDeque<>(outgoing().values());
    while (!open.isEmpty()) {
      TensorRef tensor = open.pop();
      String name = tensor.node();
      if (!bound.containsKey(key(tensor)) && needed.add(name)) {
        open.addAll(Nodes.dataInputs(graph.node(name)));
      }
    }
    Map<String, String> names = new HashMap<>();
    needed.forEach(name -> names.put(name, editor.uniqueName(name)));
    for (NodeDef node : graph.nodes()) {
      if (!needed.contains(node.getName())) {
        continue;
      }
      NodeDef.Builder copy = node.toBuilder().setName(names.getOrDefault(node.getName(), ""));
      copy.clearInput().removeAttr("_class");
      for (TensorRef input : Nodes.dataInputs(node)) {
        copy.addInput(resolve(input, bound, names).asInput());
      }
      editor.add(copy.build());
    }
    Map<Integer, TensorRef> gradients = new TreeMap<>();
    outgoing().forEach((i, tensor) -> gradients.put(i, resolve(tensor, bound, names)));
    return gradients;
  }

  private TensorRef key(TensorRef tensor) {
    Integer read = reads.get(tensor);
    return read == null ? tensor : value(read);
  }

  private TensorRef resolve(
      TensorRef tensor, Map<TensorRef, TensorRef> bound, Map<String, String> names) {
    TensorRef found = bound.get(key(tensor));
    return found != null
        ? found
        : new TensorRef(names.getOrDefault(tensor.node(), tensor.node()), tensor.index());
  }
}
