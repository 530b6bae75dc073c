package dev.graft.importer.internal.layers;

import com.google.common.collect.ImmutableList;
import dev.graft.error.BadModelException;
import dev.graft.graph.Attrs;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Nodes;
import dev.graft.graph.TensorRef;
import dev.graft.graph.function.FunctionGraph;
import dev.graft.importer.internal.layers.LayerTensors.Border;
import dev.graft.importer.internal.layers.LayerTensors.Call;
import dev.graft.model.SavedFunction;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.tensorflow.proto.NodeDef;

/**
 * Where a layer is in the flat graph, and how a function that stands for the layer is brought into
 * the form of that place.
 *
 * @param layer the layer's name
 * @param graph the flat graph
 * @param calls its calls
 */
record LayerPlace(String layer, Graph graph, ImmutableList<Call> calls) {

  /**
   * A function as Keras traced it.
   *
   * @param function the function, flat
   * @param captures how many of its last arguments are captures
   */
  record Trace(FunctionGraph function, int captures) {

    /** How many arguments the caller passes. */
    int passed() {
      return function.arguments().size() - captures;
    }
  }

  /**
   * {@code training} with the inputs of one call as its arguments and {@code output_i} as the names
   * of its results, as {@link dev.graft.model.Layer#training} promises.
   *
   * @param inference the function that the graph holds at this place, node by node, unless the
   *     layer is called with training=True in inference too
   * @param training another function with the same arguments and results
   * @param penalties how many of its last results are penalties
   */
  FunctionGraph fit(Trace inference, Trace training, int penalties) {
    Border border = calls.get(0).border();
    for (Call other : calls) {
      if (other.border().inputs().size() != border.inputs().size()
          || other.border().outputs().size() != border.outputs().size()) {
        throw misfit("its calls differ in their inputs or outputs");
      }
    }
    if (inference.passed() != training.passed()) {
      throw misfit("it takes other arguments in training than in inference");
    }
    try {
      return fit(border, inference, training, penalties);
    } catch (BadModelException e) {
      return fit(border, training, training, penalties);
    }
  }

  private FunctionGraph fit(Border border, Trace here, Trace training, int penalties) {
    Match match = new Match(here.function(), calls.get(0), training.passed());
    Map<TensorRef, List<String>> arguments = new LinkedHashMap<>(); // by what they are given
    Set<String> unused = new LinkedHashSet<>();
    for (int i = 0; i < training.passed(); i++) {
      TensorRef given = match.argument(here.function().arguments().get(i));
      if (given == null) {
        unused.add(training.function().arguments().get(i));
      } else {
        arguments
            .computeIfAbsent(given, k -> new ArrayList<>())
            .add(training.function().arguments().get(i));
      }
    }
    return assemble(border, match, training, penalties, arguments, unused);
  }

  private FunctionGraph assemble(
      Border border,
      Match match,
      Trace trace,
      int penalties,
      Map<TensorRef, List<String>> arguments,
      Set<String> unused) {
    FunctionGraph training = trace.function();
    GraphEditor editor = training.graph().edit();
    Map<TensorRef, TensorRef> merged = new HashMap<>();
    ImmutableList.Builder<String> ordered = ImmutableList.builder();
    for (TensorRef input : border.inputs()) {
      List<String> names = arguments.remove(input);
      if (names == null) { // the graph reads it there, the function has it as a capture
        names =
            List.of(
                editor
                    .op("Placeholder")
                    .name("unused")
                    .attr("dtype", Attrs.of(graph.dtype(input)))
                    .output()
                    .node());
      }
      ordered.add(names.get(0));
      for (String same : names.subList(1, names.size())) {
        editor.redirect(TensorRef.of(same), TensorRef.of(names.get(0)));
        merged.put(TensorRef.of(same), TensorRef.of(names.get(0)));
        editor.remove(same);
      }
    }
    for (String name : unused) {
      if (!training.graph().consumers(name).isEmpty()) {
        throw misfit("it reads its argument '" + name + "' in training only");
      }
      editor.remove(name);
    }
    if (!arguments.isEmpty()) {
      throw misfit("it reads " + arguments.keySet() + ", which does not enter its scope");
    }
    ordered.addAll(training.arguments().subList(trace.passed(), training.arguments().size()));
    ImmutableList.Builder<TensorRef> results = ImmutableList.builder();
    ImmutableList.Builder<String> names = ImmutableList.builder();
    int outputs = training.results().size() - penalties;
    for (int i = 0; i < outputs && i < match.function.results().size(); i++) {
      TensorRef stands = match.result(match.function.results().get(i));
      int place = stands == null ? -1 : border.outputs().indexOf(stands);
      if (place >= 0) {
        TensorRef result = training.results().get(i);
        results.add(merged.getOrDefault(result, result));
        names.add("output_" + place);
      }
    }
    for (int i = 0; i < penalties; i++) {
      results.add(training.results().get(outputs + i));
      names.add(SavedFunction.PENALTY + i);
    }
    return new FunctionGraph(
        training.name(),
        editor.build(),
        ordered.build(),
        results.build(),
        names.build(),
        training.targets(),
        training.attrsForOtherArguments());
  }

  private BadModelException misfit(String why) {
    return new BadModelException(
        "the training function of layer '" + layer + "' does not fit its place: " + why + ".");
  }

  /** Which node of the graph is which node of the inference function. */
  private final class Match {
    private final FunctionGraph function;
    private final Call call;
    private final boolean handsOn; // the place is one Identity, so is the function
    private @Nullable Map<String, String> byOrder;

    Match(FunctionGraph function, Call call, int passed) {
      this.function = function;
      this.call = call;
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
            throw misfit("its argument '" + argument + "' is given two tensors");
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
        throw misfit("its node '" + node.getName() + "' is not in the graph");
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
}
