package dev.graft.autodiff.internal.rules;

import dev.graft.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

class ScatterRulesTest extends RuleContract {

  @Override
  Stream<RuleCase> cases() {
    List<RuleCase> cases = new ArrayList<>();
    Shape two = Shape.of(2, 1);
    cases.add(
        RuleCase.of(
            "ScatterNd", c -> c.call("ScatterNd", c.ints(two, 3, 3), c.x(2, 2), c.ints(4, 2))));
    cases.add(
        RuleCase.of(
            "ScatterNd of nothing",
            c -> c.call("ScatterNd", c.ints(Shape.of(0, 1)), c.x(0, 2), c.ints(4, 2))));
    for (String op :
        List.of(
            "TensorScatterUpdate",
            "TensorScatterAdd",
            "TensorScatterSub",
            "TensorScatterMax",
            "TensorScatterMin",
            "ScatterNdNonAliasingAdd")) {
      cases.add(
          RuleCase.of(op, c -> c.call(op, c.distinct(4, 2), c.ints(two, 3, 0), c.distinct(2, 2))));
    }
    for (String op : List.of("TensorScatterAdd", "TensorScatterMax")) {
      cases.add(
          RuleCase.of(
              op + " twice to one place",
              c -> c.call(op, c.distinct(4, 2), c.ints(two, 3, 3), c.distinct(2, 2))));
    }
    cases.add(
        RuleCase.ofMany(
            "DynamicPartition",
            c ->
                c.op("DynamicPartition")
                    .input(c.x(4, 2))
                    .input(c.ints(1, 0, 1, 2))
                    .attr("num_partitions", 3)
                    .outputs()));
    cases.add(
        RuleCase.of(
            "DynamicPartition, one part used",
            c ->
                c.op("DynamicPartition")
                    .input(c.x(2, 2, 2))
                    .input(c.ints(Shape.of(2, 2), 1, 0, 1, 1))
                    .attr("num_partitions", 2)
                    .outputs()
                    .get(1)));
    for (String op : List.of("DynamicStitch", "ParallelDynamicStitch")) {
      cases.add(
          RuleCase.of(
              op,
              c ->
                  c.op(op)
                      .inputs(List.of(c.ints(0, 3), c.ints(2, 1)))
                      .inputs(List.of(c.x(2, 2), c.x(2, 2)))
                      .output()));
    }
    cases.add(
        RuleCase.of(
            "TopKV2",
            c -> c.op("TopKV2").input(c.distinct(2, 2, 4)).input(c.integer(3)).outputs().get(0)));
    cases.add(
        RuleCase.of(
            "TopKV2 vector",
            c -> c.op("TopKV2").input(c.distinct(5)).input(c.integer(2)).outputs().get(0)));
    cases.add(
        RuleCase.of(
            "TopKV2 of nothing",
            c -> c.op("TopKV2").input(c.distinct(2, 3)).input(c.integer(0)).outputs().get(0)));
    cases.add(
        RuleCase.of(
            "TopKV2 unsorted",
            c ->
                c.op("TopKV2")
                    .input(c.distinct(2, 4))
                    .input(c.integer(3))
                    .attr("sorted", false)
                    .outputs()
                    .get(0)));
    cases.add(
        RuleCase.of(
            "TopKV2 of empty rows",
            c -> c.op("TopKV2").input(c.x(0, 4)).input(c.integer(2)).outputs().get(0)));
    for (boolean reverse : new boolean[] {false, true}) {
      cases.add(
          RuleCase.of(
              "NthElement " + reverse,
              c ->
                  c.op("NthElement")
                      .input(c.distinct(2, 4))
                      .input(c.integer(1))
                      .attr("reverse", reverse)
                      .output()));
    }
    return cases.stream();
  }
}
