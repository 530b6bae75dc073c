package dev.graft.autodiff.internal.rules;

import dev.graft.graph.TensorRef;
import dev.graft.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

class SlicingRulesTest extends RuleContract {

  @Override
  Stream<RuleCase> cases() {
    List<RuleCase> cases = new ArrayList<>();
    for (int axis : new int[] {1, -2}) {
      cases.add(
          RuleCase.of(
              "ConcatV2 " + axis,
              c ->
                  c.op("ConcatV2")
                      .inputs(List.of(c.x(2, 1, 2), c.x(2, 3, 2), c.x(2, 0, 2)))
                      .input(c.integer(axis))
                      .output()));
    }
    cases.add(
        RuleCase.of(
            "ConcatV2 hidden axis",
            c ->
                c.op("ConcatV2")
                    .inputs(List.of(c.x(2, 1), c.x(2, 3)))
                    .input(c.hidden(c.integer(1)))
                    .output()));
    cases.add(
        RuleCase.of(
            "Concat",
            c ->
                c.op("Concat").input(c.integer(0)).inputs(List.of(c.x(2, 3), c.x(1, 3))).output()));
    cases.add(
        RuleCase.ofMany(
            "Split",
            c ->
                c.op("Split")
                    .input(c.integer(-1))
                    .input(c.x(2, 6))
                    .attr("num_split", 3)
                    .outputs()));
    cases.add(
        RuleCase.of(
            "Split, one part used",
            c ->
                c.op("Split")
                    .input(c.integer(0))
                    .input(c.x(4, 2))
                    .attr("num_split", 2)
                    .outputs()
                    .get(1)));
    cases.add(
        RuleCase.ofMany(
            "SplitV",
            c ->
                c.op("SplitV")
                    .input(c.x(2, 6))
                    .input(c.ints(1, 0, 5))
                    .input(c.integer(1))
                    .attr("num_split", 3)
                    .outputs()));
    cases.add(
        RuleCase.of(
            "Pack",
            c -> c.op("Pack").inputs(List.of(c.x(2, 2), c.x(2, 2))).attr("axis", -1).output()));
    cases.add(
        RuleCase.ofMany(
            "Unpack",
            c -> c.op("Unpack").input(c.x(2, 3)).attr("num", 3).attr("axis", 1).outputs()));
    cases.add(RuleCase.of("Slice", c -> c.call("Slice", c.x(3, 4), c.ints(1, 0), c.ints(2, -1))));
    cases.add(
        RuleCase.of(
            "Slice int64",
            c -> c.call("Slice", c.x(3), c.longs(Shape.of(1), 1), c.longs(Shape.of(1), 2))));
    cases.add(
        RuleCase.of(
            "Slice of nothing", c -> c.call("Slice", c.x(3, 2), c.ints(1, 0), c.ints(0, 2))));
    strided(cases);
    for (String op : List.of("Pad", "PadV2")) {
      for (boolean hidden : new boolean[] {false, true}) {
        cases.add(
            RuleCase.of(
                op + (hidden ? " hidden" : ""),
                c -> {
                  TensorRef paddings = c.ints(Shape.of(2, 2), 1, 2, 0, 3);
                  TensorRef x = c.x(2, 3);
                  TensorRef p = hidden ? c.hidden(paddings) : paddings;
                  return op.equals("Pad") ? c.call(op, x, p) : c.call(op, x, p, c.x());
                }));
      }
    }
    for (String mode : List.of("REFLECT", "SYMMETRIC")) {
      cases.add(
          RuleCase.of(
              "MirrorPad " + mode,
              c ->
                  c.op("MirrorPad")
                      .input(c.x(3, 4))
                      .input(c.ints(Shape.of(2, 2), 1, 2, 2, 0))
                      .attr("mode", mode)
                      .output()));
      cases.add(
          RuleCase.of(
              "MirrorPadGrad " + mode,
              c ->
                  c.op("MirrorPadGrad")
                      .input(c.x(6, 6))
                      .input(c.ints(Shape.of(2, 2), 1, 2, 2, 0))
                      .attr("mode", mode)
                      .output()));
    }
    return cases.stream();
  }

  private static void strided(List<RuleCase> cases) {
    String[] masks = {
      "begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask"
    };
    int[][] values = {
      {0, 0, 0, 0, 0},
      {1, 2, 0, 0, 0},
      {0, 0, 1, 0, 0},
      {0, 0, 0, 2, 0},
      {0, 0, 0, 0, 1},
      {2, 0, 1, 0, 0},
      {1, 1, 2, 1, 0},
      {0, 0, 2, 0, 1},
      {3, 3, 0, 0, 0}
    };
    for (int[] mask : values) {
      cases.add(
          RuleCase.of(
              "StridedSlice " + java.util.Arrays.toString(mask),
              c -> {
                var op =
                    c.op("StridedSlice")
                        .input(c.x(4, 5, 2))
                        .input(c.ints(1, 3))
                        .input(c.ints(3, 0))
                        .input(c.ints(1, -2));
                for (int i = 0; i < mask.length; i++) {
                  op.attr(masks[i], mask[i]);
                }
                return op.output();
              }));
    }
    cases.add(
        RuleCase.of(
            "StridedSlice of nothing",
            c -> c.call("StridedSlice", c.x(4, 2), c.ints(3), c.ints(1), c.ints(1))));
    cases.add(
        RuleCase.of(
            "StridedSlice hidden",
            c ->
                c.call(
                    "StridedSlice",
                    c.x(4, 2),
                    c.hidden(c.ints(-1)),
                    c.hidden(c.ints(0)),
                    c.hidden(c.ints(-2)))));
    cases.add(
        RuleCase.of(
            "StridedSlice int64",
            c ->
                c.call(
                    "StridedSlice",
                    c.x(4),
                    c.longs(Shape.of(1), -1),
                    c.longs(Shape.of(1), 0),
                    c.longs(Shape.of(1), -1))));
    cases.add(
        RuleCase.of(
            "StridedSliceGrad",
            c -> c.call("StridedSliceGrad", c.ints(5), c.ints(1), c.ints(5), c.ints(2), c.x(2))));
    cases.add(
        RuleCase.of(
            "TensorStridedSliceUpdate",
            c ->
                c.call(
                    "TensorStridedSliceUpdate", c.x(5), c.ints(1), c.ints(5), c.ints(2), c.x(2))));
  }
}
