package dev.graft.autodiff.internal.rules;

import dev.graft.graph.TensorRef;
import dev.graft.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

class ArrayRulesTest extends RuleContract {

  @Override
  Stream<RuleCase> cases() {
    List<RuleCase> cases = new ArrayList<>();
    for (String op : List.of("Identity", "Snapshot")) {
      cases.add(RuleCase.of(op, c -> c.call(op, c.x(2, 3))));
    }
    cases.add(
        RuleCase.ofMany(
            "IdentityN", c -> c.op("IdentityN").inputs(List.of(c.x(2), c.x(3))).outputs()));
    cases.add(
        RuleCase.of(
            "EnsureShape",
            c -> c.op("EnsureShape").input(c.x(2, 3)).attr("shape", Shape.of(-1, 3)).output()));
    cases.add(RuleCase.of("PlaceholderWithDefault", c -> c.hidden(c.x(2))));
    for (String op : List.of("CheckNumerics", "CheckNumericsV2")) {
      cases.add(RuleCase.of(op, c -> c.op(op).input(c.x(2)).attr("message", "bad").output()));
    }
    cases.add(
        RuleCase.of(
            "DebugIdentity",
            c -> c.op("DebugIdentity").input(c.x(2)).attr("tensor_name", "x:0").output()));
    cases.add(RuleCase.of("DebugIdentityV2", c -> c.call("DebugIdentityV2", c.x(2))));
    cases.add(RuleCase.of("Reshape", c -> c.call("Reshape", c.x(2, 3), c.ints(3, -1))));
    cases.add(RuleCase.of("Reshape empty", c -> c.call("Reshape", c.x(0, 3), c.ints(3, 0, 2))));
    cases.add(RuleCase.of("ExpandDims", c -> c.call("ExpandDims", c.x(2, 3), c.integer(-2))));
    cases.add(RuleCase.of("Squeeze", c -> c.call("Squeeze", c.x(1, 3, 1))));
    cases.add(
        RuleCase.of(
            "Squeeze one",
            c ->
                c.op("Squeeze")
                    .input(c.x(1, 3, 1))
                    .attr("squeeze_dims", RuleCase.list(-1))
                    .output()));
    for (boolean hidden : new boolean[] {false, true}) {
      cases.add(
          RuleCase.of(
              "Transpose" + (hidden ? " hidden" : ""),
              c -> {
                TensorRef perm = c.ints(2, 0, 1);
                return c.call("Transpose", c.x(2, 3, 4), hidden ? c.hidden(perm) : perm);
              }));
    }
    cases.add(
        RuleCase.ofMany(
            "ConjugateTranspose",
            c ->
                FunctionRulesTest.parts(
                    c,
                    c.call(
                        "ConjugateTranspose", FunctionRulesTest.complex(c, 2, 3), c.ints(1, 0)))));
    cases.add(RuleCase.of("BroadcastTo", c -> c.call("BroadcastTo", c.x(3, 1), c.ints(2, 3, 4))));
    cases.add(RuleCase.of("BroadcastTo scalar", c -> c.call("BroadcastTo", c.x(), c.ints(2, 2))));
    cases.add(RuleCase.of("Tile", c -> c.call("Tile", c.x(2, 3), c.ints(3, 2))));
    cases.add(RuleCase.of("Tile empty", c -> c.call("Tile", c.x(2, 3), c.ints(0, 2))));
    cases.add(RuleCase.of("Fill", c -> c.call("Fill", c.ints(2, 3), c.x())));
    cases.add(RuleCase.of("ReverseV2", c -> c.call("ReverseV2", c.x(2, 3), c.ints(-1))));
    cases.add(
        RuleCase.of(
            "Reverse", c -> c.call("Reverse", c.x(2, 3), c.bools(Shape.of(2), true, false))));
    cases.add(
        RuleCase.of(
            "ReverseSequence",
            c ->
                c.op("ReverseSequence")
                    .input(c.x(4, 2, 2))
                    .input(c.ints(3, 1))
                    .attr("seq_dim", 0)
                    .attr("batch_dim", 1)
                    .output()));
    cases.add(RuleCase.of("Roll", c -> c.call("Roll", c.x(3, 4), c.ints(1, -2), c.ints(0, 1))));
    for (String op : List.of("SpaceToDepth", "DepthToSpace")) {
      cases.add(
          RuleCase.of(
              op,
              c ->
                  c.op(op)
                      .input(op.startsWith("S") ? c.x(1, 4, 2, 1) : c.x(1, 1, 2, 8))
                      .attr("block_size", 2)
                      .output()));
    }
    cases.add(
        RuleCase.of(
            "SpaceToBatch",
            c ->
                c.op("SpaceToBatch")
                    .input(c.x(1, 3, 3, 1))
                    .input(c.ints(Shape.of(2, 2), 0, 1, 1, 0))
                    .attr("block_size", 2)
                    .output()));
    cases.add(
        RuleCase.of(
            "BatchToSpace",
            c ->
                c.op("BatchToSpace")
                    .input(c.x(4, 2, 2, 1))
                    .input(c.ints(Shape.of(2, 2), 0, 1, 1, 0))
                    .attr("block_size", 2)
                    .output()));
    cases.add(
        RuleCase.of(
            "SpaceToBatchND",
            c ->
                c.call(
                    "SpaceToBatchND",
                    c.x(2, 3, 5, 2),
                    c.ints(2, 3),
                    c.ints(Shape.of(2, 2), 0, 1, 1, 0))));
    cases.add(
        RuleCase.of(
            "BatchToSpaceND",
            c -> c.call("BatchToSpaceND", c.x(4, 3, 2), c.ints(2), c.ints(Shape.of(1, 2), 1, 2))));
    return cases.stream();
  }
}
