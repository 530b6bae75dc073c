package dev.graft.autodiff.internal.rules;

import dev.graft.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

class IndexingRulesTest extends RuleContract {

  @Override
  Stream<RuleCase> cases() {
    List<RuleCase> cases = new ArrayList<>();
    cases.add(
        RuleCase.of(
            "Gather", c -> c.call("Gather", c.x(4, 3), c.ints(Shape.of(2, 2), 1, 3, 1, 0))));
    cases.add(gather("rows", 0, 0, new long[] {4, 3}, Shape.of(3), 1, 3, 1));
    cases.add(gather("nothing", 0, 0, new long[] {4, 3}, Shape.of(0)));
    cases.add(gather("one row", 0, 0, new long[] {4, 3}, Shape.of(), 2));
    cases.add(gather("columns", -1, 0, new long[] {2, 3}, Shape.of(2, 2), 0, 2, 2, 2));
    cases.add(gather("middle", 1, 0, new long[] {2, 3, 2}, Shape.of(2), 2, 2));
    cases.add(gather("batch", 1, 1, new long[] {2, 3, 2}, Shape.of(2, 2), 0, 2, 1, 1));
    cases.add(gather("batch, scalar", 1, 1, new long[] {2, 3}, Shape.of(2), 0, 2));
    cases.add(gather("batch, axis 2", 2, 1, new long[] {2, 2, 3, 2}, Shape.of(2, 2), 0, 2, 1, 1));
    cases.add(
        gather(
            "two batches", 2, 2, new long[] {2, 2, 3}, Shape.of(2, 2, 2), 0, 2, 1, 1, 2, 2, 0, 0));
    cases.add(
        gather("batch from the end", 1, -1, new long[] {2, 3, 2}, Shape.of(2, 2), 0, 2, 1, 1)
            .withKnownShapesOnly());
    cases.add(gather("of nothing", 0, 0, new long[] {0, 3}, Shape.of(0)));
    cases.add(gather("columns of nothing", 1, 0, new long[] {0, 3}, Shape.of(2), 2, 2));
    cases.add(
        RuleCase.of(
            "GatherNd of nothing", c -> c.call("GatherNd", c.x(3, 2), c.ints(Shape.of(0, 1)))));
    cases.add(
        RuleCase.of(
            "GatherNd",
            c -> c.call("GatherNd", c.x(2, 3, 2), c.ints(Shape.of(3, 2), 0, 1, 1, 2, 0, 1))));
    cases.add(
        RuleCase.of(
            "GatherNd int64", c -> c.call("GatherNd", c.x(4), c.longs(Shape.of(2, 1), 3, 3))));
    return cases.stream();
  }

  private static RuleCase gather(
      String name, int axis, int batchDims, long[] params, Shape shape, int... indices) {
    return RuleCase.of(
        "GatherV2 " + name,
        c ->
            c.op("GatherV2")
                .input(c.x(params))
                .input(c.ints(shape, indices))
                .input(c.integer(axis))
                .attr("batch_dims", batchDims)
                .output());
  }
}
