package dev.graft.autodiff.internal.rules;

import dev.graft.graph.TensorRef;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** TensorFlow's own rules are held against the same contract. */
public class HarvestedRulesTest extends RuleContract {

  @Override
  public Stream<RuleCase> cases() {
    List<RuleCase> cases = new ArrayList<>();
    for (String op : List.of("FractionalAvgPool", "FractionalMaxPool")) {
      for (boolean overlapping : new boolean[] {false, true}) {
        for (boolean random : new boolean[] {false, true}) {
          cases.add(
              RuleCase.of(
                  op + (overlapping ? " overlapping" : "") + (random ? " random" : ""),
                  c -> pool(c, op, overlapping, random)));
        }
      }
    }
    return cases.stream();
  }

  private static TensorRef pool(RuleCase c, String op, boolean overlapping, boolean random) {
    return c.op(op)
        .input(c.distinct(2, 6, 7, 1))
        .attr(
            "pooling_ratio",
            org.tensorflow.proto.AttrValue.newBuilder()
                .setList(
                    org.tensorflow.proto.AttrValue.ListValue.newBuilder()
                        .addAllF(List.of(1f, 1.5f, 1.7f, 1f)))
                .build())
        .attr("pseudo_random", random)
        .attr("overlapping", overlapping)
        .attr("deterministic", true)
        .attr("seed", 3)
        .attr("seed2", 4)
        .output();
  }
}
