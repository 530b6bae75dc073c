package dev.graft.importer.internal.layers;

import dev.graft.graph.Graph;
import dev.graft.graph.Nodes;
import dev.graft.graph.TensorRef;
import dev.graft.graph.function.FunctionGraph;
import dev.graft.importer.internal.layers.LayerTensors.Call;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.tensorflow.proto.NodeDef;

/** Tells which node of the graph is which node of the function that stands for a layer there. */
final class Match {

  private final LayerPlace place;
  private final Graph graph;
  private final FunctionGraph function;
  private final Call call;
  private final boolean handsOn; // the place is one Identity, so is the function
  private @Nullable Map<String, String> byOrder;

  /**
   * The match of a place's first call.
   *
   * @param function the function, flat
   * @param passed how many arguments its caller passes
   */
  Match(LayerPlace place, FunctionGraph function, int passed) {
    this.place = place;
    this.graph = place.graph();
    this.function = function;
    this.call = place.calls().get(0);
    this.handsOn =
        passed == 1
            && call.nodes().size() == 1
            && graph.node(call.nodes().get(0)).getOp().equals("Identity");
  }

  /** The node at the place whose name in the function is {@code name}, if there is one. */
  private @Nullable NodeDef direct(String name) {
    NodeDef node = graph.find(call.scope() + name);
    return node != null && call.nodes().contains(node.getName()) ? node : null;
  }

  /** The tensor that the graph passes as {@code argument}, or null if the function ignores it. */
  @Nullable TensorRef argument(String argument) {
    if (handsOn) {
      return call.border().inputs().get(0);
    }
    TensorRef given = null;
    for (String consumer : function.graph().consumers(argument)) {
      NodeDef node = function.graph().node(consumer);
      for (int i = 0; i < node.getInputCount(); i++) {
        if (!node.getInput(i).equals(argument)) {
          continue;
        }
        TensorRef here =
            node.getOp().equals("Identity") && direct(consumer) == null
                ? argument(consumer)
                : Nodes.dataInput(graph.node(counterpart(node)), i);
        if (here != null && given != null && !here.equals(given)) {
          throw place.misfit("its argument '" + argument + "' is given two tensors");
        }
        given = here == null ? given : here;
      }
    }
    return given;
  }

  /** The tensor of the graph that is the function's {@code result}, or null if none is. */
  @Nullable TensorRef result(TensorRef result) {
    if (handsOn) {
      return TensorRef.of(call.nodes().get(0));
    }
    TensorRef at = result;
    while (true) {
      NodeDef node = function.graph().node(at.node());
      if (function.arguments().contains(at.node())) {
        return argument(at.node());
      }
      NodeDef direct = direct(at.node());
      if (direct != null && direct.getOp().equals(node.getOp())) {
        return new TensorRef(direct.getName(), at.index());
      }
      if (!node.getOp().equals("Identity")) {
        String counterpart = find(node);
        return counterpart == null ? null : new TensorRef(counterpart, at.index());
      }
      at = Nodes.dataInput(node, 0);
    }
  }

  private String counterpart(NodeDef node) {
    String found = find(node);
    if (found == null) {
      throw place.misfit("its node '" + node.getName() + "' is not in the graph");
    }
    return found;
  }

  /** By name, else by place if function and scope hold the same ops in the same order. */
  private @Nullable String find(NodeDef node) {
    NodeDef direct = direct(node.getName());
    if (direct != null && direct.getOp().equals(node.getOp())) {
      return direct.getName();
    }
    Map<String, String> index = byOrder;
    if (index == null) {
      index = byOrder();
      byOrder = index;
    }
    return index.get(node.getName());
  }

  private Map<String, String> byOrder() {
    List<NodeDef> there = new ArrayList<>();
    for (NodeDef node : function.graph().nodes()) {
      if (isOp(node) && !function.arguments().contains(node.getName())) {
        there.add(node);
      }
    }
    List<NodeDef> here = new ArrayList<>();
    for (String name : call.nodes()) {
      NodeDef node = graph.node(name);
      if (isOp(node)) {
        here.add(node);
      }
    }
    Map<String, String> pairs = new HashMap<>();
    for (int i = 0; i < there.size() && there.size() == here.size(); i++) {
      if (!there.get(i).getOp().equals(here.get(i).getOp())) {
        return Map.of();
      }
      pairs.put(there.get(i).getName(), here.get(i).getName());
    }
    return pairs;
  }

  private static boolean isOp(NodeDef node) {
    return !node.getOp().equals("Identity") && !node.getOp().equals("NoOp");
  }
}
