package dev.graft.autodiff.internal.rules;

import dev.graft.autodiff.gradient.Gradient;
import dev.graft.autodiff.internal.engine.Backprop;
import dev.graft.autodiff.internal.engine.Broadcasting;
import dev.graft.autodiff.internal.engine.Ops;
import dev.graft.autodiff.internal.engine.RuleBook;
import dev.graft.graph.TensorRef;
import dev.graft.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import org.tensorflow.proto.DataType;

/** Ops that move or repeat elements without changing them. */
final class ArrayRules {

  private ArrayRules() {}

  static void addTo(RuleBook rules) {
    rules.add(
        ArrayRules::passThrough,
        "Identity",
        "RefIdentity",
        "IdentityN",
        "Snapshot",
        "EnsureShape",
        "PlaceholderWithDefault",
        "CheckNumerics",
        "CheckNumericsV2",
        "DebugIdentity",
        "DebugIdentityV2");
    rules.add(
        (op, t) -> op.give(0, t.reshapeLike(op.dy(), op.in(0))),
        "Reshape",
        "ExpandDims",
        "Squeeze");
    rules.add(ArrayRules::transpose, "Transpose");
    rules.add(
        "ConjugateTranspose",
        (op, t) -> op.give(0, t.call("ConjugateTranspose", op.dy(), inverse(op, t))));
    rules.add(
        "BroadcastTo",
        (op, t) -> op.give(0, Broadcasting.sumTo(op.in(0), List.of(op.out(0)), op.dy(), t)));
    rules.add("Tile", ArrayRules::tile);
    rules.add("Fill", (op, t) -> op.give(1, t.sum(op.dy(), allAxes(op.dy(), t), false)));
    rules.add("ReverseV2", (op, t) -> op.give(0, t.call("ReverseV2", op.dy(), op.in(1))));
    rules.add("Reverse", (op, t) -> op.give(0, t.call("Reverse", op.dy(), op.in(1))));
    rules.add(
        "ReverseSequence",
        (op, t) ->
            op.give(
                0,
                t.op("ReverseSequence", op.node(), "seq_dim", "batch_dim")
                    .input(op.dy())
                    .input(op.in(1))
                    .output()));
    rules.add("Roll", (op, t) -> op.give(0, t.call("Roll", op.dy(), t.neg(op.in(1)), op.in(2))));
    blocks(rules);
  }

  private static void passThrough(Backprop op, Ops t) {
    for (int i = 0; i < op.outputCount(); i++) {
      Gradient gradient = op.gradient(i);
      if (gradient != null) {
        op.give(i, gradient);
      }
    }
  }

  static TensorRef allAxes(TensorRef x, Ops t) {
    return t.range(t.integer(0), t.rank(x));
  }

  private static void transpose(Backprop op, Ops t) {
    op.give(0, t.call("Transpose", op.dy(), inverse(op, t)));
  }

  private static TensorRef inverse(Backprop op, Ops t) {
    int[] perm = t.constantInts(op.in(1));
    if (perm == null) {
      return t.call("InvertPermutation", op.in(1));
    }
    int[] inverse = new int[perm.length];
    for (int i = 0; i < perm.length; i++) {
      inverse[perm[i]] = i;
    }
    return t.ints(inverse);
  }

  /** Splits each dimension into copies and elements, and sums the copies. */
  private static void tile(Backprop op, Ops t) {
    TensorRef shape = t.shape(op.in(0));
    TensorRef multiples = t.cast(op.in(1), DataType.DT_INT32);
    Shape input = op.shape(0);
    TensorRef interleaved =
        t.reshape(
            t.call(
                "Transpose", t.op("Pack").inputs(List.of(multiples, shape)).output(), t.ints(1, 0)),
            t.ints(-1));
    TensorRef axes;
    if (input.hasRank()) {
      List<Integer> even = new ArrayList<>();
      for (int i = 0; i < input.rank(); i++) {
        even.add(2 * i);
      }
      axes = t.ints(even);
    } else {
      axes = t.call("Range", t.integer(0), t.size(interleaved), t.integer(2));
    }
    op.give(0, t.sum(t.reshape(op.dy(), interleaved), axes, false));
  }

  private static void blocks(RuleBook rules) {
    mirrored(rules, "SpaceToDepth", "DepthToSpace", "block_size", "data_format");
    mirrored(rules, "DepthToSpace", "SpaceToDepth", "block_size", "data_format");
    mirrored(rules, "SpaceToBatch", "BatchToSpace", "block_size");
    mirrored(rules, "BatchToSpace", "SpaceToBatch", "block_size");
    mirrored(rules, "SpaceToBatchND", "BatchToSpaceND");
    mirrored(rules, "BatchToSpaceND", "SpaceToBatchND");
  }

  /** An op whose way back is another op with the same attributes and further inputs. */
  private static void mirrored(RuleBook rules, String op, String back, String... attrs) {
    rules.add(
        op,
        (o, t) -> {
          var node = t.op(back, o.node(), attrs).input(o.dy());
          for (int i = 1; i < o.inputCount(); i++) {
            node.input(o.in(i));
          }
          o.give(0, node.output());
        });
  }
}
