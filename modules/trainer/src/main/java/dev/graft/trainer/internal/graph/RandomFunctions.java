package dev.graft.trainer.internal.graph;

import static java.util.Objects.requireNonNull;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableListMultimap;
import dev.graft.graph.Functions;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Nodes;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.graph.function.FunctionGraph;
import dev.graft.tensor.Shape;
import java.util.Map;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.NodeDef;

/**
 * Random ops in the bodies of loops, in branches and in other functions. Each such function gets a
 * key as one more argument, that its caller draws by seed, node and step; the body of a loop gets
 * the number of its round as well, since every round draws anew.
 */
final class RandomFunctions {

  /** The attributes that hold functions, by op. */
  private static final ImmutableListMultimap<String, String> CALLS =
      ImmutableListMultimap.<String, String>builder()
          .putAll("While", "body", "cond")
          .putAll("StatelessWhile", "body", "cond")
          .putAll("If", "then_branch", "else_branch")
          .putAll("StatelessIf", "then_branch", "else_branch")
          .put("Case", "branches")
          .put("StatelessCase", "branches")
          .put("PartitionedCall", "f")
          .put("StatefulPartitionedCall", "f")
          .build();

  private static final String KEY = "graft_key";
  private static final String ROUND = "graft_round";

  private final Scope scope;
  private final long seed;
  private final boolean loop;

  private RandomFunctions(Scope scope, long seed, boolean loop) {
    this.scope = scope;
    this.seed = seed;
    this.loop = loop;
  }

  /** Whether functions that {@code node} calls draw random numbers. */
  static boolean anyIn(NodeDef node, Map<String, FunctionDef> functions) {
    for (String attr : CALLS.get(node.getOp())) {
      AttrValue value = node.getAttrOrThrow(attr);
      boolean found =
          value.hasFunc()
              ? anyIn(value.getFunc().getName(), functions)
              : value.getList().getFuncList().stream().anyMatch(f -> anyIn(f.getName(), functions));
      if (found) {
        return true;
      }
    }
    return false;
  }

  private static boolean anyIn(String function, Map<String, FunctionDef> functions) {
    return Functions.reachable(function, functions).values().stream()
        .flatMap(each -> each.getNodeDefList().stream())
        .anyMatch(StatelessRandom::draws);
  }

  /**
   * Gives {@code node} functions that draw by a key.
   *
   * @param key int32 [2]
   */
  static void replace(Scope scope, NodeDef node, long seed, TensorRef key) {
    boolean loop = node.getOp().endsWith("While");
    new RandomFunctions(scope, seed, loop).replace(node, key);
  }

  private void replace(NodeDef node, TensorRef key) {
    NodeDef.Builder changed = node.toBuilder();
    for (String attr : CALLS.get(node.getOp())) {
      AttrValue.Builder value = node.getAttrOrThrow(attr).toBuilder();
      if (value.hasFunc()) {
        value.getFuncBuilder().setName(keyed(value.getFunc().getName(), attr.equals("cond")));
      } else {
        value
            .getListBuilder()
            .getFuncBuilderList()
            .forEach(each -> each.setName(keyed(each.getName(), false)));
      }
      changed.putAttr(attr, value.build());
    }
    changed.clearInput();
    Nodes.dataInputs(node).forEach(input -> changed.addInput(input.asInput()));
    changed.addInput(key.asInput());
    if (loop) {
      changed.addInput(scope.scalar(0).asInput());
    }
    Nodes.controlInputs(node).forEach(before -> changed.addInput("^" + before));
    String types = loop ? "T" : "Tin";
    AttrValue.Builder taken = node.getAttrOrThrow(types).toBuilder();
    taken.getListBuilder().addType(DataType.DT_INT32);
    if (loop) {
      taken.getListBuilder().addType(DataType.DT_INT32);
      AttrValue.Builder shapes =
          node.getAttrOrDefault("output_shapes", AttrValue.getDefaultInstance()).toBuilder();
      if (shapes.getList().getShapeCount() > 0) {
        shapes.getListBuilder().addShape(Shape.of(2).toProto()).addShape(Shape.scalar().toProto());
        changed.putAttr("output_shapes", shapes.build());
      }
    }
    changed.putAttr(types, taken.build());
    changed.removeAttr("_num_original_outputs"); // hints, which no longer hold
    changed.removeAttr("_output_shapes");
    scope.editor().replace(changed.build());
  }

  /** The function called {@code name} in the form that takes a key, under the name it gives. */
  private String keyed(String name, boolean condition) {
    GraphEditor outer = scope.editor();
    FunctionDef called = requireNonNull(outer.function(name), name);
    FunctionGraph function = FunctionGraph.of(called, outer.functions());
    GraphEditor body = function.graph().edit();
    TensorRef key = body.placeholder(KEY, DataType.DT_INT32, Shape.of(2));
    ImmutableList.Builder<String> arguments = ImmutableList.builder();
    arguments.addAll(function.arguments()).add(key.node());
    ImmutableList.Builder<TensorRef> results = ImmutableList.builder();
    results.addAll(function.results());
    ImmutableList.Builder<String> resultNames = ImmutableList.builder();
    resultNames.addAll(function.resultNames());
    if (loop) {
      TensorRef round = body.placeholder(ROUND, DataType.DT_INT32, Shape.scalar());
      arguments.add(round.node());
      StatelessRandom.replaceAll(body, seed, key, round);
      if (!condition) {
        Scope g = new Scope(body, body.uniqueName("graft/round"));
        results.add(g.add("Identity", key), g.add("AddV2", round, g.scalar(1)));
        resultNames.add(KEY + "_out", ROUND + "_out");
      }
    } else {
      TensorRef none = new Scope(body, body.uniqueName("graft/round")).scalar(0);
      StatelessRandom.replaceAll(body, seed, key, none);
    }
    FunctionGraph keyed =
        new FunctionGraph(
            function.name(),
            body.build(),
            arguments.build(),
            results.build(),
            resultNames.build(),
            function.targets(),
            function.attrsForOtherArguments());
    keyed.graph().functions().values().forEach(outer::putFunction);
    String unique = outer.uniqueFunctionName(name + "_keyed");
    outer.putFunction(keyed.toFunctionDef(unique));
    return unique;
  }
}
