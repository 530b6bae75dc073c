package dev.graft.autodiff.internal.engine;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.graft.autodiff.gradient.LoopMemory;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Names;
import dev.graft.graph.function.FunctionGraph;
import dev.graft.graph.function.FunctionInliner;
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.NodeDef;

/**
 * The functions of a graph that is being differentiated, with those made on the way. All graphs
 * inside (bodies of loops in bodies of loops) share it, so that no two functions get one name.
 */
public final class Library {

  private final GraphEditor top;
  private final Names names;
  private final RuleBook rules;
  private final LoopMemory memory;

  public Library(GraphEditor top, RuleBook rules, LoopMemory memory) {
    this.top = top;
    this.names = new Names(name -> top.function(name) != null);
    this.rules = rules;
    this.memory = memory;
  }

  public RuleBook rules() {
    return rules;
  }

  public LoopMemory memory() {
    return memory;
  }

  /** The function that the attribute {@code key} of {@code node} names, all calls in it inlined. */
  public FunctionGraph function(Backprop op, String key, GraphEditor editor) {
    return function(op.node(), op.attr(key).getFunc().getName(), editor);
  }

  public FunctionGraph function(NodeDef node, String name, GraphEditor editor) {
    return FunctionInliner.flatten(node, name, editor.functions());
  }

  /** A name for a function made for {@code node}. */
  public String name(String node, String kind) {
    return names.take("gradients_" + node.replaceAll("[^A-Za-z0-9_]", "_") + "_" + kind);
  }

  /**
   * Puts {@code function}, and the functions that its graph refers to, within reach of editor.
   *
   * @return whether it does more than compute
   */
  @CanIgnoreReturnValue
  public static boolean put(GraphEditor editor, FunctionGraph function) {
    putAll(editor, function.graph());
    FunctionDef def = function.toFunctionDef(function.name());
    editor.putFunction(def);
    return def.getSignature().getIsStateful();
  }

  public static void putAll(GraphEditor editor, Graph graph) {
    graph.functions().values().forEach(editor::putFunction);
  }
}
