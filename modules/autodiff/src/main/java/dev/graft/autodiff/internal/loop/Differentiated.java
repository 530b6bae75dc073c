package dev.graft.autodiff.internal.loop;

import com.google.common.collect.ImmutableSortedMap;
import dev.graft.autodiff.gradient.Gradient;
import dev.graft.autodiff.internal.engine.Cotangents;
import dev.graft.autodiff.internal.engine.Engine;
import dev.graft.autodiff.internal.engine.Library;
import dev.graft.autodiff.internal.engine.NamedShapes;
import dev.graft.autodiff.internal.engine.Ops;
import dev.graft.autodiff.internal.engine.Shapes;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Nodes;
import dev.graft.graph.TensorRef;
import dev.graft.graph.function.FunctionGraph;
import dev.graft.tensor.Shape;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.NodeDef;

/**
 * A loop's body or a branch, and its gradients in the same graph.
 *
 * @param body the body
 * @param graph the body with its gradients
 * @param incoming the gradient that comes in for each of the results asked for: a placeholder
 * @param outgoing the gradient of each argument that has one
 */
record Differentiated(
    FunctionGraph body,
    Graph graph,
    ImmutableSortedMap<Integer, TensorRef> incoming,
    ImmutableSortedMap<Integer, TensorRef> outgoing) {

  /**
   * Differentiates {@code body}.
   *
   * @param shapes what is known of the body's tensors
   * @param library the functions of the graph that holds the body
   */
  static Differentiated of(FunctionGraph body, Asked asked, Shapes shapes, Library library) {
    GraphEditor editor = body.graph().edit();
    Ops t = new Ops(editor, shapes, library);
    ImmutableSortedMap.Builder<Integer, TensorRef> incoming = ImmutableSortedMap.naturalOrder();
    List<TensorRef> xs =
        asked.by().stream().map(i -> TensorRef.of(body.arguments().get(i))).toList();
    List<TensorRef> ys = new ArrayList<>();
    List<Gradient> dys = new ArrayList<>();
    for (int j : asked.results()) {
      TensorRef y = body.results().get(j);
      TensorRef dy = editor.placeholder("gradient_of_" + j, editor.dtype(y), Shape.unknown());
      incoming.put(j, dy);
      ys.add(y);
      dys.add(new Gradient.Dense(t.sameShape(dy, y)));
      if (NamedShapes.isDetermined(t.namedShapeOf(y))) {
        t.shape(dy); // so that nothing has to be kept of the way forward for its shape
      }
    }
    Engine engine = new Engine(body.graph(), t, xs);
    engine.run(ys, dys);
    ImmutableSortedMap.Builder<Integer, TensorRef> outgoing = ImmutableSortedMap.naturalOrder();
    for (int i : asked.by()) {
      Gradient gradient = engine.of(TensorRef.of(body.arguments().get(i)));
      if (gradient != null) {
        t.enter(body.arguments().get(i));
        outgoing.put(i, Cotangents.dense(gradient, t));
      }
    }
    return new Differentiated(body, editor.build(), incoming.build(), outgoing.build());
  }

  /** Argument {@code i}. */
  TensorRef argument(int i) {
    return TensorRef.of(body.arguments().get(i));
  }

  /** The nodes that depend on a gradient that comes in. */
  Set<String> backward() {
    Set<String> backward = new HashSet<>();
    Set<String> seeds = seeds();
    for (NodeDef node : graph.topological()) {
      for (TensorRef input : Nodes.dataInputs(node)) {
        if (seeds.contains(input.node()) || backward.contains(input.node())) {
          backward.add(node.getName());
          break;
        }
      }
    }
    return backward;
  }

  /** The nodes at which gradients come in. */
  Set<String> seeds() {
    Set<String> seeds = new HashSet<>();
    incoming.values().forEach(dy -> seeds.add(dy.node()));
    return seeds;
  }

  /**
   * The reads of variables that are only read here, by the argument that is the variable's handle:
   * they can be read once, outside.
   *
   * @param kept the arguments that are the same on the way back
   */
  Map<TensorRef, Integer> reads(Set<Integer> kept) {
    Map<TensorRef, Integer> reads = new HashMap<>();
    for (int i : kept) {
      if (graph.dtype(argument(i)) != DataType.DT_RESOURCE) {
        continue;
      }
      List<NodeDef> users = graph.consumers(argument(i).node()).stream().map(graph::node).toList();
      if (users.stream().noneMatch(user -> user.getOp().startsWith("Assign"))) {
        for (NodeDef user : users) {
          if (user.getOp().equals("ReadVariableOp")) {
            reads.put(TensorRef.of(user.getName()), i);
          }
        }
      }
    }
    return reads;
  }
}
