package dev.graft.trainer.internal.graph;

import com.google.common.collect.ImmutableMap;
import com.google.common.hash.Hashing;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Loops;
import dev.graft.graph.Nodes;
import dev.graft.graph.OpBuilder;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.NodeDef;

/**
 * Puts ops whose random numbers follow from run seed, node and step alone in the place of those
 * that keep a state of their own: layers do not share numbers, and a resumed run draws what it
 * would have drawn. Inside loops the round counts, too; see {@link RandomFunctions}.
 */
public final class StatelessRandom {

  /** Seeds are int32, as XLA wants them. */
  private static final ImmutableMap<String, String> STATELESS =
      ImmutableMap.of(
          "RandomUniform", "StatelessRandomUniform",
          "RandomStandardNormal", "StatelessRandomNormal",
          "TruncatedNormal", "StatelessTruncatedNormal",
          "RandomUniformInt", "StatelessRandomUniformInt",
          "Multinomial", "StatelessMultinomial");

  private final Scope scope;
  private final long seed;
  private final Function<String, TensorRef> pairs;

  /**
   * Draws in one graph.
   *
   * @param pairs makes the seeds, int32 [2], of the node with a name
   */
  private StatelessRandom(Scope scope, long seed, Function<String, TensorRef> pairs) {
    this.scope = scope;
    this.seed = seed;
    this.pairs = pairs;
  }

  /**
   * Replaces the random ops among {@code nodes}, and those in functions that these call.
   *
   * @param nodes names of nodes
   * @param seed the run's
   * @param step how many steps are done, int64
   */
  public static void replace(
      GraphEditor editor, Collection<String> nodes, long seed, TensorRef step) {
    Scope scope = new Scope(editor, editor.uniqueName("graft/random"));
    Function<String, TensorRef> pairs =
        node -> {
          TensorRef id = scope.scalar((int) hash(seed, node));
          return scope.addList("Pack", List.of(id, scope.cast(step, DataType.DT_INT32)));
        };
    new StatelessRandom(scope, seed, pairs).replace(nodes);
  }

  /**
   * Replaces the random ops of a model in inference: each run draws the same numbers. The author of
   * such a model wanted others each time, but a score must not depend on chance. Those in TF1 loops
   * are left: what is outside cannot be read there.
   */
  public static void replaceRest(GraphEditor editor) {
    List<String> nodes = outsideLoops(editor.build());
    if (!nodes.isEmpty()) {
      Scope scope = new Scope(editor, editor.uniqueName("graft/random"));
      replace(editor, nodes, 0, scope.scalar(0));
    }
  }

  /** The nodes of {@code graph} that draw and can be replaced, by name. */
  public static List<String> outsideLoops(Graph graph) {
    List<String> nodes =
        graph.nodes().stream()
            .filter(node -> isStateful(node, graph.functions()))
            .map(NodeDef::getName)
            .toList();
    if (nodes.isEmpty()) {
      return nodes;
    }
    Set<String> inside = Loops.inside(graph);
    return nodes.stream().filter(node -> !inside.contains(node)).toList();
  }

  /**
   * Replaces all random ops in a function's body.
   *
   * @param key int32 [2], another one for each call of the function
   * @param round int32, which round of a loop this is
   */
  static void replaceAll(GraphEditor body, long seed, TensorRef key, TensorRef round) {
    Scope scope = new Scope(body, body.uniqueName("graft/random"));
    Function<String, TensorRef> pairs =
        node -> {
          TensorRef id = scope.scalar((int) hash(seed, node));
          return scope.add("AddV2", key, scope.addList("Pack", List.of(id, round)));
        };
    new StatelessRandom(scope, seed, pairs)
        .replace(
            body.nodes().stream()
                .filter(node -> isStateful(node, body.functions()))
                .map(NodeDef::getName)
                .toList());
  }

  private void replace(Collection<String> nodes) {
    GraphEditor editor = scope.editor();
    for (String name : nodes) {
      replace(editor, editor.node(name));
    }
  }

  /**
   * Whether {@code node} draws from a state of its own, or calls one of {@code functions} that
   * does.
   */
  static boolean isStateful(NodeDef node, Map<String, FunctionDef> functions) {
    return draws(node) || RandomFunctions.anyIn(node, functions);
  }

  /** Whether {@code node} itself draws from a state of its own. */
  static boolean draws(NodeDef node) {
    return STATELESS.containsKey(node.getOp()) || node.getOp().equals("RngReadAndSkip");
  }

  private void replace(GraphEditor editor, NodeDef node) {
    String op = STATELESS.get(node.getOp());
    TensorRef pair = pairs.apply(node.getName());
    if (op != null) {
      List<TensorRef> inputs = Nodes.dataInputs(node);
      int sizes = node.getOp().equals("Multinomial") ? 2 : 1; // what comes before the seed
      OpBuilder stateless = scope.op(op);
      inputs.subList(0, sizes).forEach(stateless::input);
      stateless.input(pair);
      inputs.subList(sizes, inputs.size()).forEach(stateless::input);
      for (String type : List.of("dtype", "output_dtype")) {
        if (node.containsAttr(type)) {
          stateless.attr(type, node.getAttrOrThrow(type));
        }
      }
      editor.standIn(node.getName(), stateless.output());
    } else if (node.getOp().equals("RngReadAndSkip")) {
      // a Philox counter of two words and a key, right for its one user
      TensorRef zero = scope.constant(TensorValue.of(Shape.of(1), new long[] {0}));
      TensorRef words = scope.cast(pair, DataType.DT_INT64);
      editor.standIn(
          node.getName(),
          scope.op("ConcatV2").inputs(List.of(zero, words)).input(scope.scalar(0)).output());
    } else {
      TensorRef key =
          scope
              .op("StatelessRandomUniformFullInt")
              .input(scope.ints(2))
              .input(pair)
              .attr("dtype", DataType.DT_INT32)
              .output();
      RandomFunctions.replace(scope, node, seed, key);
    }
  }

  private static long hash(long seed, String node) {
    return Hashing.sha256()
        .newHasher()
        .putLong(seed)
        .putString(node, StandardCharsets.UTF_8)
        .hash()
        .asLong();
  }
}
