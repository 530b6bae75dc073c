package dev.graft.trainer.internal.graph;

import dev.graft.graph.Attrs;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.model.Model;
import dev.graft.runtime.Compute.Compiled;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import org.tensorflow.proto.NodeDef;

/** Marks the ops that XLA should leave to TensorFlow's kernels. */
public final class BesideXla {

  private static final String COMPILE = "_XlaCompile";

  private static final Set<String> DEPTHWISE =
      Set.of(
          "DepthwiseConv2dNative",
          "DepthwiseConv2dNativeBackpropInput",
          "DepthwiseConv2dNativeBackpropFilter");

  private BesideXla() {}

  /** {@code model} as it is to be where XLA compiles that; itself if there is nothing to mark. */
  public static Model in(Model model, Compiled compiled) {
    Graph graph = model.graph();
    List<NodeDef> marked =
        compiled == Compiled.BUT_DEPTHWISE
            ? graph.nodes().stream().filter(node -> DEPTHWISE.contains(node.getOp())).toList()
            : List.of();
    return marked(model, marked);
  }

  /**
   * {@code model} with what is computed for {@code others} alone, and not for a step, left to
   * TensorFlow's kernels: it would be compiled for each of its own shapes, and runs seldom.
   *
   * @param step nodes that a step runs
   * @param others nodes that other runs of the same session fetch
   */
  public static Model forStep(Model model, Collection<String> step, Collection<String> others) {
    Graph graph = model.graph();
    Set<String> beside = graph.upstream(others);
    beside.removeAll(graph.upstream(step));
    return marked(model, beside.stream().map(graph::node).toList());
  }

  private static Model marked(Model model, List<NodeDef> marked) {
    if (marked.isEmpty()) {
      return model;
    }
    GraphEditor editor = model.graph().edit();
    marked.forEach(
        node -> editor.replace(node.toBuilder().putAttr(COMPILE, Attrs.of(false)).build()));
    return model.toBuilder().graph(editor.build()).build();
  }
}
