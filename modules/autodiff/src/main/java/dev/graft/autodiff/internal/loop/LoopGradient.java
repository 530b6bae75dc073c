package dev.graft.autodiff.internal.loop;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import dev.graft.autodiff.internal.engine.Backprop;
import dev.graft.autodiff.internal.engine.Ops;
import dev.graft.autodiff.internal.engine.Shapes;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.OpBuilder;
import dev.graft.graph.TensorRef;
import dev.graft.graph.function.FunctionGraph;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.NodeDef;

/**
 * The way back through a While loop: a second loop that takes the steps in reverse ({@link
 * BackwardLoop}), and the first one made to keep what that reads ({@link ForwardLoop}).
 */
public final class LoopGradient {

  private LoopGradient() {}

  static void differentiate(Backprop op, Ops t) {
    FunctionGraph body = t.library().function(op, "body", t.editor());
    Set<Integer> wanted = new TreeSet<>();
    Set<Integer> arrived = new TreeSet<>();
    for (int i = 0; i < op.inputCount(); i++) {
      if (op.wants(i)) {
        wanted.add(i);
      }
      if (op.has(i)) {
        arrived.add(i);
      }
    }
    LoopActivity activity = new LoopActivity(body, t.library().rules(), wanted, arrived);
    if (activity.by().isEmpty()) {
      return;
    }
    Shapes shapes = new LoopShapes(op, t, body, activity.invariant()).infer();
    Asked asked = new Asked(activity.by(), activity.carried(), activity.invariant());
    BodyGradient gradient = new BodyGradient(body, asked, shapes, t.library());
    new ForwardLoop(op, t, body, gradient).replace();
    new BackwardLoop(op, t, body, activity, gradient).add();
  }

  /** {@code like} with another graph, and more arguments and results. */
  public static FunctionGraph function(
      String name,
      GraphEditor editor,
      List<String> arguments,
      List<TensorRef> results,
      @Nullable FunctionGraph like) {
    List<String> names = new ArrayList<>(like == null ? List.of() : like.resultNames());
    for (int i = names.size(); i < results.size(); i++) {
      names.add("result_" + i);
    }
    return new FunctionGraph(
        name,
        editor.build(),
        ImmutableList.copyOf(arguments),
        ImmutableList.copyOf(results),
        ImmutableList.copyOf(names),
        like == null ? ImmutableList.of() : like.targets(),
        like == null ? ImmutableMap.of() : like.attrsForOtherArguments());
  }

  /** Run inside the caller's executor or apart, as the original does: apart is much slower. */
  static void lowerLike(NodeDef original, OpBuilder node) {
    AttrValue lower = original.getAttrOrDefault("_lower_using_switch_merge", null);
    if (lower != null) {
      node.attr("_lower_using_switch_merge", lower);
    }
  }
}
