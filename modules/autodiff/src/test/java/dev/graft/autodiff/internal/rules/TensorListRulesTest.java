package dev.graft.autodiff.internal.rules;

import static dev.graft.autodiff.internal.rules.ControlFlowRulesTest.call;
import static dev.graft.autodiff.internal.rules.ControlFlowRulesTest.ints0;
import static dev.graft.autodiff.internal.rules.ControlFlowRulesTest.loop;
import static dev.graft.autodiff.internal.rules.ControlFlowRulesTest.next;

import dev.graft.graph.OpBuilder;
import dev.graft.graph.TensorRef;
import dev.graft.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.tensorflow.proto.DataType;

/** Lists of tensors, alone and as loops use them. */
class TensorListRulesTest extends RuleContract {

  private static final DataType REAL = DataType.DT_DOUBLE;

  @Override
  Stream<RuleCase> cases() {
    List<RuleCase> cases = new ArrayList<>();
    cases.add(RuleCase.of("While of products", c -> products(c, c.integer(4)).get(3)));
    cases.add(
        RuleCase.of("While of few products", c -> products(c, c.hidden(c.integer(3))).get(3)));
    cases.add(RuleCase.of("While of no product", c -> products(c, c.hidden(c.integer(0))).get(3)));
    cases.add(
        RuleCase.ofMany(
            "While of products, weights used behind it",
            c -> {
              List<TensorRef> outputs = products(c, c.integer(2));
              return List.of(outputs.get(3), c.call("Square", outputs.get(4)));
            }));
    cases.add(RuleCase.of("TensorListStack", c -> stack(c, rows(c, 3))));
    cases.add(RuleCase.of("TensorListStack of nothing", c -> stack(c, rows(c, 0))));
    cases.add(
        RuleCase.of(
            "TensorListGetItem",
            c -> c.call("Mul", item(c, rows(c, 3), 1), item(c, rows(c, 3), 2))));
    cases.add(
        RuleCase.of(
            "TensorListGetItem twice",
            c -> {
              TensorRef list = rows(c, 3);
              return c.call(
                  "Mul", item(c, list, 1), c.call("AddV2", item(c, list, 1), item(c, list, 0)));
            }));
    cases.add(
        RuleCase.of(
            "TensorListSetItem",
            c -> stack(c, c.call("TensorListSetItem", rows(c, 3), c.integer(1), c.x(2)))));
    cases.add(RuleCase.of("TensorListSetItem of reserved", c -> stack(c, reserved(c))));
    cases.add(
        RuleCase.of(
            "TensorListPushBack", c -> stack(c, c.call("TensorListPushBack", rows(c, 2), c.x(2)))));
    cases.add(
        RuleCase.ofMany(
            "TensorListPopBack",
            c -> {
              List<TensorRef> popped =
                  with(c.op("TensorListPopBack").input(rows(c, 3)).input(c.ints(2))).outputs();
              return List.of(stack(c, popped.get(0)), popped.get(1));
            }));
    cases.add(
        RuleCase.of(
            "TensorListPopBack, the rest unused",
            c ->
                with(c.op("TensorListPopBack").input(rows(c, 3)).input(c.ints(2)))
                    .outputs()
                    .get(1)));
    for (String op : List.of("TensorListConcat", "TensorListConcatV2")) {
      cases.add(RuleCase.of(op, c -> concat(c, op, split(c))));
    }
    cases.add(
        RuleCase.of(
            "TensorListGather",
            c ->
                with(c.op("TensorListGather")
                        .input(rows(c, 4))
                        .input(c.ints(3, 1))
                        .input(c.ints(2)))
                    .output()));
    cases.add(
        RuleCase.of(
            "TensorListScatter",
            c -> stack(c, c.call("TensorListScatter", c.x(3, 2), c.ints(2, 0, 1), c.ints(2)))));
    cases.add(
        RuleCase.of(
            "TensorListScatterV2",
            c ->
                stack(
                    c,
                    c.call(
                        "TensorListScatterV2", c.x(2, 2), c.ints(2, 0), c.ints(2), c.integer(4)))));
    cases.add(
        RuleCase.of(
            "TensorListScatterIntoExistingList",
            c ->
                stack(
                    c,
                    c.call(
                        "TensorListScatterIntoExistingList",
                        rows(c, 3),
                        c.x(2, 2),
                        c.ints(2, 0)))));
    for (int size : new int[] {2, 4}) {
      cases.add(
          RuleCase.of(
              "TensorListResize to " + size,
              c -> stack(c, c.call("TensorListResize", rows(c, 3), c.integer(size)))));
    }
    cases.add(RuleCase.of("a loop that reads and writes lists", TensorListRulesTest::recurrent));
    cases.add(RuleCase.of("a loop that pushes", TensorListRulesTest::pushing));
    return cases.stream();
  }

  private static OpBuilder with(OpBuilder op) {
    return op.attr("element_dtype", REAL);
  }

  private static TensorRef rows(RuleCase c, int count) {
    return c.call("TensorListFromTensor", c.x(count, 2), c.ints(2));
  }

  private static TensorRef stack(RuleCase c, TensorRef list) {
    return with(c.op("TensorListStack").input(list).input(c.ints(2))).output();
  }

  private static TensorRef item(RuleCase c, TensorRef list, int index) {
    return with(c.op("TensorListGetItem").input(list).input(c.integer(index)).input(c.ints(2)))
        .output();
  }

  private static TensorRef reserved(RuleCase c) {
    TensorRef list = with(c.op("TensorListReserve").input(c.ints(2)).input(c.integer(3))).output();
    TensorRef one = c.call("TensorListSetItem", list, c.integer(2), c.x(2));
    return c.call("TensorListSetItem", one, c.integer(0), c.x(2));
  }

  private static TensorRef split(RuleCase c) {
    return c.call("TensorListSplit", c.x(5, 2), c.ints(-1, 2), c.longs(Shape.of(3), 2, 0, 3));
  }

  private static TensorRef concat(RuleCase c, String op, TensorRef list) {
    OpBuilder node = with(c.op(op).input(list));
    return (op.endsWith("V2")
            ? node.input(c.ints(-1, 2)).input(c.longs(Shape.of(0)))
            : node.attr("element_shape", Shape.of(-1, 2)))
        .output();
  }

  /** As Keras writes a recurrent layer: a step reads its row of the input and sets its output. */
  private static TensorRef recurrent(RuleCase c) {
    TensorRef reserved =
        with(c.op("TensorListReserve").input(c.ints(2)).input(c.integer(4))).output();
    List<TensorRef> inputs = List.of(c.integer(0), rows(c, 4), reserved, c.x(2), c.x(2));
    List<TensorRef> outputs =
        loop(
            c.editor(),
            "While",
            inputs,
            (e, a) -> List.of(call(e, "Less", a.get(0), ints0(e, 4))),
            (e, a) -> {
              TensorRef shape =
                  e.constant("shape", dev.graft.tensor.TensorValue.of(Shape.of(1), new int[] {2}));
              TensorRef row =
                  with(e.op("TensorListGetItem").input(a.get(1)).input(a.get(0)).input(shape))
                      .output();
              TensorRef state =
                  call(e, "Tanh", call(e, "AddV2", call(e, "Mul", a.get(3), a.get(4)), row));
              TensorRef set = call(e, "TensorListSetItem", a.get(2), a.get(0), state);
              return List.of(next(e, a.get(0)), a.get(1), set, state, a.get(4));
            });
    return stack(c, outputs.get(2));
  }

  /** As in a recurrent layer, each step multiplies its rows, and the state, by weights. */
  private static List<TensorRef> products(RuleCase c, TensorRef steps) {
    TensorRef list = c.call("TensorListFromTensor", c.x(4, 3, 2), c.ints(3, 2));
    List<TensorRef> inputs = List.of(c.integer(0), steps, list, c.x(3, 5), c.x(2, 5), c.x(5, 5));
    return loop(
        c.editor(),
        "While",
        inputs,
        (e, a) -> List.of(call(e, "Less", a.get(0), a.get(1))),
        (e, a) -> {
          TensorRef shape =
              e.constant("shape", dev.graft.tensor.TensorValue.of(Shape.of(2), new int[] {3, 2}));
          TensorRef rows =
              with(e.op("TensorListGetItem").input(a.get(2)).input(a.get(0)).input(shape)).output();
          TensorRef in = call(e, "MatMul", rows, a.get(4));
          TensorRef state =
              call(e, "Tanh", call(e, "AddV2", in, call(e, "MatMul", a.get(3), a.get(5))));
          return List.of(next(e, a.get(0)), a.get(1), a.get(2), state, a.get(4), a.get(5));
        });
  }

  private static TensorRef pushing(RuleCase c) {
    TensorRef empty = with(c.op("EmptyTensorList").input(c.ints(2)).input(c.integer(-1))).output();
    List<TensorRef> outputs =
        loop(
            c.editor(),
            "While",
            List.of(c.integer(0), empty, c.x(2)),
            (e, a) -> List.of(call(e, "Less", a.get(0), ints0(e, 3))),
            (e, a) -> {
              TensorRef state = call(e, "Sin", a.get(2));
              return List.of(
                  next(e, a.get(0)), call(e, "TensorListPushBack", a.get(1), state), state);
            });
    return stack(c, outputs.get(1));
  }
}
