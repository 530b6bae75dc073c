package dev.graft.autodiff.internal.rules;

import static dev.graft.testkit.TensorAssert.assertThat;

import dev.graft.autodiff.Differentiator;
import dev.graft.autodiff.gradient.Gradient;
import dev.graft.autodiff.gradient.GradientGraph;
import dev.graft.autodiff.gradient.LoopMemory;
import dev.graft.autodiff.internal.engine.Cotangents;
import dev.graft.autodiff.internal.engine.Library;
import dev.graft.autodiff.internal.engine.Ops;
import dev.graft.autodiff.internal.engine.Shapes;
import dev.graft.graph.OpBuilder;
import dev.graft.graph.TensorRef;
import dev.graft.runtime.GraphSession;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.util.List;
import java.util.function.BiFunction;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tensorflow.proto.DataType;

/**
 * What reads a variable has the gradient of what reads its value, whose rules are held against
 * central differences elsewhere.
 */
class VariableRulesTest {

  private static TensorFlowRuntime runtime;

  @BeforeAll
  static void open() {
    runtime = TensorFlowRuntime.open();
  }

  @AfterAll
  static void close() {
    runtime.close();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void resourceGatherIsGather(int batchDims) {
    Gradient gradient =
        compare(
            (c, handle) ->
                c.op("ResourceGather")
                    .input(handle)
                    .input(rows(c))
                    .attr("batch_dims", batchDims)
                    .attr("dtype", DataType.DT_DOUBLE),
            (c, value) ->
                c.op("GatherV2")
                    .input(value)
                    .input(rows(c))
                    .input(c.integer(batchDims))
                    .attr("batch_dims", batchDims));
    if (batchDims == 0) {
      Assertions.assertThat(gradient).isInstanceOf(Gradient.Sparse.class);
    }
  }

  /** The same row twice, and one that is never read. */
  private static TensorRef rows(RuleCase c) {
    return c.ints(Shape.of(4, 2), 1, 1, 0, 2, 2, 1, 0, 0);
  }

  @Test
  void resourceGatherNdIsGatherNd() {
    compare(
        (c, handle) ->
            c.op("ResourceGatherNd")
                .input(handle)
                .input(c.ints(Shape.of(3, 2), 0, 1, 3, 2, 0, 1))
                .attr("dtype", DataType.DT_DOUBLE),
        (c, value) ->
            c.op("GatherNd").input(value).input(c.ints(Shape.of(3, 2), 0, 1, 3, 2, 0, 1)));
  }

  @Test
  void readVariableIsItsValue() {
    compare(
        (c, handle) ->
            c.op("Square")
                .input(
                    c.op("ReadVariableOp")
                        .input(handle)
                        .attr("dtype", DataType.DT_DOUBLE)
                        .output()),
        (c, value) -> c.op("Square").input(value));
  }

  /** TF1 reads a variable by reference. */
  @Test
  void refIdentityHandsOn() {
    RuleCase c = RuleCase.of("by reference", x -> x.x(2)).build();
    TensorRef variable =
        c.op("VariableV2").attr("dtype", DataType.DT_DOUBLE).attr("shape", Shape.of(2)).output();
    TensorRef y = c.call("Square", c.call("RefIdentity", variable));
    GradientGraph found =
        Differentiator.gradients(c.graph(), List.of(y), List.of(), List.of(variable));
    Assertions.assertThat(found.gradients()).containsKey(variable);
  }

  /** A variable [4, 3, 2] that holds what is fed, read both ways; gives the variable's gradient. */
  private static Gradient compare(
      BiFunction<RuleCase, TensorRef, OpBuilder> ofVariable,
      BiFunction<RuleCase, TensorRef, OpBuilder> ofValue) {
    RuleCase c = RuleCase.of("a variable", x -> x.x(4, 3, 2)).build();
    TensorRef value = c.ys().get(0);
    TensorRef handle =
        c.op("VarHandleOp")
            .attr("dtype", DataType.DT_DOUBLE)
            .attr("shape", Shape.of(4, 3, 2))
            .output();
    String assign = c.op("AssignVariableOp").input(handle).input(value).node();
    TensorRef read = ofVariable.apply(c, handle).after(assign).output();
    TensorRef plain = ofValue.apply(c, value).output();
    GradientGraph one =
        Differentiator.gradients(
            c.graph(), List.of(read, plain), List.of(), List.of(handle, value));
    var editor = one.graph().edit();
    Ops t = new Ops(editor, Shapes.NONE, new Library(editor, AllRules.standard(), LoopMemory.SAVE));
    List<TensorRef> dense =
        List.of(handle, value).stream()
            .map(x -> Cotangents.dense(one.gradients().get(x), t))
            .toList();
    try (GraphSession session = runtime.session(editor.build())) {
      session.run(c.xs(), List.of(), List.of(assign));
      List<TensorValue> values = session.run(c.xs(), dense, List.of());
      assertThat(values.get(0)).isCloseTo(values.get(1), 0, 1e-15);
      Assertions.assertThat(values.get(0).asDoubles()).isNotEqualTo(new double[24]);
    }
    return one.gradients().get(handle);
  }
}
