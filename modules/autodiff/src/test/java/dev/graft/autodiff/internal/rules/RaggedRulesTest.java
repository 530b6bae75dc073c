package dev.graft.autodiff.internal.rules;

import com.google.protobuf.ByteString;
import dev.graft.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.tensorflow.proto.AttrValue;

class RaggedRulesTest extends RuleContract {

  @Override
  Stream<RuleCase> cases() {
    List<RuleCase> cases = new ArrayList<>();
    AttrValue rowSplits =
        AttrValue.newBuilder()
            .setList(AttrValue.ListValue.newBuilder().addS(ByteString.copyFromUtf8("ROW_SPLITS")))
            .build();
    cases.add(
        RuleCase.of(
            "RaggedTensorToTensor",
            c ->
                c.op("RaggedTensorToTensor")
                    .input(c.ints(-1, 3))
                    .input(c.x(5))
                    .input(c.x())
                    .inputs(List.of(c.longs(Shape.of(4), 0, 1, 1, 5)))
                    .attr("row_partition_types", rowSplits)
                    .output()));
    cases.add(
        RuleCase.of(
            "RaggedTensorToTensor of rows",
            c ->
                c.op("RaggedTensorToTensor")
                    .input(c.ints(-1, -1, 2))
                    .input(c.x(3, 2))
                    .input(c.x(2))
                    .inputs(List.of(c.longs(Shape.of(3), 0, 1, 3)))
                    .attr("row_partition_types", rowSplits)
                    .output()));
    cases.add(
        RuleCase.of(
            "RaggedTensorToSparse",
            c ->
                c.op("RaggedTensorToSparse")
                    .inputs(List.of(c.longs(Shape.of(3), 0, 1, 3)))
                    .input(c.x(3))
                    .outputs()
                    .get(1)));
    cases.add(
        RuleCase.of(
            "RaggedGather",
            c ->
                c.op("RaggedGather")
                    .inputs(List.of(c.longs(Shape.of(4), 0, 1, 1, 4)))
                    .input(c.x(4, 2))
                    .input(c.ints(2, 0, 2))
                    .attr("OUTPUT_RAGGED_RANK", 1)
                    .outputs()
                    .get(1)));
    return cases.stream();
  }
}
