package dev.graft.trainer;

import com.google.common.collect.ImmutableMap;
import com.google.common.hash.Hashing;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Nodes;
import dev.graft.graph.OpBuilder;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.model.TensorValue;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.List;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.NodeDef;

/**
 * Puts ops whose random numbers follow from run seed, node and step alone in the place of those
 * that keep a state of their own: layers do not share numbers, and a resumed run draws what it
 * would have drawn.
 */
final class StatelessRandom {

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
  private final TensorRef step;

  private StatelessRandom(Scope scope, long seed, TensorRef step) {
    this.scope = scope;
    this.seed = seed;
    this.step = step;
  }

  /**
   * Replaces the random ops among {@code nodes}.
   *
   * @param nodes names of nodes
   * @param seed the run's
   * @param step how many steps are done, int64
   */
  static void replace(GraphEditor editor, Collection<String> nodes, long seed, TensorRef step) {
    StatelessRandom random =
        new StatelessRandom(new Scope(editor, editor.uniqueName("graft/random")), seed, step);
    for (String name : nodes) {
      random.replace(editor, editor.node(name));
    }
  }

  /** Whether {@code node} draws from a state of its own. */
  static boolean isStateful(NodeDef node) {
    return STATELESS.containsKey(node.getOp()) || node.getOp().equals("RngReadAndSkip");
  }

  private void replace(GraphEditor editor, NodeDef node) {
    String op = STATELESS.get(node.getOp());
    if (op != null) {
      List<TensorRef> inputs = Nodes.dataInputs(node);
      int sizes = node.getOp().equals("Multinomial") ? 2 : 1; // what comes before the seed
      OpBuilder stateless = scope.op(op);
      inputs.subList(0, sizes).forEach(stateless::input);
      stateless.input(pair(node.getName()));
      inputs.subList(sizes, inputs.size()).forEach(stateless::input);
      for (String type : List.of("dtype", "output_dtype")) {
        if (node.containsAttr(type)) {
          stateless.attr(type, node.getAttrOrThrow(type));
        }
      }
      standIn(editor, node, stateless.output());
    } else if (node.getOp().equals("RngReadAndSkip")) {
      // a Philox counter of two words and a key, right for its one user
      TensorRef key = scope.constant(TensorValue.scalar(hash(node.getName())));
      TensorRef zero = scope.constant(TensorValue.scalar(0L));
      standIn(editor, node, scope.addList("Pack", List.of(zero, step, key)));
    }
  }

  /** {@code node} hands on {@code value} from now on, so that all that reads it needs no change. */
  private static void standIn(GraphEditor editor, NodeDef node, TensorRef value) {
    OpBuilder identity = editor.op("Identity").input(value);
    NodeDef.Builder handsOn = editor.node(identity.node()).toBuilder().setName(node.getName());
    node.getInputList().stream().filter(Nodes::isControl).forEach(handsOn::addInput);
    editor.remove(identity.node());
    editor.replace(handsOn.build());
  }

  private TensorRef pair(String node) {
    TensorRef id = scope.scalar((int) hash(node));
    return scope.addList("Pack", List.of(id, scope.cast(step, DataType.DT_INT32)));
  }

  private long hash(String node) {
    return Hashing.sha256()
        .newHasher()
        .putLong(seed)
        .putString(node, StandardCharsets.UTF_8)
        .hash()
        .asLong();
  }
}
