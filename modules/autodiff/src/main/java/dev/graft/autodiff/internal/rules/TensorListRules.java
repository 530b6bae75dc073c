package dev.graft.autodiff.internal.rules;

import dev.graft.autodiff.internal.engine.Backprop;
import dev.graft.autodiff.internal.engine.Ops;
import dev.graft.autodiff.internal.engine.RuleBook;
import dev.graft.autodiff.internal.engine.TensorLists;
import dev.graft.graph.TensorRef;
import java.util.List;
import org.tensorflow.proto.DataType;

/**
 * Lists of tensors, which loops read from and write to. The gradient of a list is a list; an
 * element that was never set counts as zero.
 */
final class TensorListRules {

  private TensorListRules() {}

  static void addTo(RuleBook rules) {
    rules.add(
        "TensorListFromTensor",
        (op, t) ->
            op.give(
                0,
                t.op("TensorListStack", op.node(), TensorLists.ELEMENT)
                    .input(op.dy())
                    .input(t.elements(t.shape(op.in(0)), 1, 0))
                    .output()));
    rules.add("TensorListStack", (op, t) -> op.give(0, TensorLists.fromTensor(op.dy(), t)));
    rules.add("TensorListGetItem", (op, t) -> op.giveItem(0, op.in(1), op.dy()));
    rules.add("TensorListSetItem", TensorListRules::setItem);
    rules.add("TensorListPushBack", TensorListRules::pushBack);
    rules.add("TensorListPopBack", TensorListRules::popBack);
    rules.add("TensorListConcatV2", TensorListRules::concat);
    rules.add("TensorListConcat", TensorListRules::concat);
    rules.add("TensorListSplit", TensorListRules::split);
    rules.add("TensorListGather", TensorListRules::gather);
    rules.add(TensorListRules::scatter, "TensorListScatter", "TensorListScatterV2");
    rules.add("TensorListScatterIntoExistingList", TensorListRules::scatterIntoExisting);
    rules.add(
        "TensorListResize",
        (op, t) ->
            op.give(0, t.call("TensorListResize", op.dy(), t.call("TensorListLength", op.in(0)))));
  }

  private static void setItem(Backprop op, Ops t) {
    TensorRef item = op.in(2);
    DataType element = t.dtype(item);
    TensorRef gradient =
        t.sameShape(TensorLists.element(op.dy(), op.in(1), t.shape(item), element, t), item);
    op.give(2, () -> gradient);
    op.give(0, () -> t.call("TensorListSetItem", op.dy(), op.in(1), t.zerosLike(gradient)));
  }

  private static void pushBack(Backprop op, Ops t) {
    TensorRef item = op.in(1);
    List<TensorRef> popped =
        t.op("TensorListPopBack", op.node(), TensorLists.ELEMENT)
            .input(op.dy())
            .input(t.shape(item))
            .outputs();
    op.give(0, () -> popped.get(0));
    op.give(1, () -> popped.get(1));
  }

  private static void popBack(Backprop op, Ops t) {
    op.give(
        0,
        t.op("TensorListPushBack", op.node(), TensorLists.ELEMENT)
            .input(op.has(0) ? op.dy(0) : TensorLists.emptyLike(op.out(0), t.dtype(op.out(1)), t))
            .input(op.dy(1))
            .output());
  }

  private static void concat(Backprop op, Ops t) {
    if (op.has(0)) {
      TensorRef tail = t.elements(t.shape(op.dy()), 1, 0);
      TensorRef shape = t.concat(0, List.of(t.ints(-1), tail));
      op.give(0, t.call("TensorListSplit", op.dy(), shape, op.out(1)));
    }
  }

  private static void split(Backprop op, Ops t) {
    TensorRef tail = t.elements(t.shape(op.in(0)), 1, 0);
    TensorRef shape = t.concat(0, List.of(t.ints(-1), tail));
    op.give(
        0,
        t.op("TensorListConcatV2", op.node(), TensorLists.ELEMENT)
            .input(op.dy())
            .input(shape)
            .input(op.in(2))
            .output());
  }

  private static void gather(Backprop op, Ops t) {
    op.give(
        0,
        t.op("TensorListScatterV2")
            .input(op.dy())
            .input(op.in(1))
            .input(t.elements(t.shape(op.dy()), 1, 0))
            .input(t.call("TensorListLength", op.in(0)))
            .output());
  }

  private static void scatter(Backprop op, Ops t) {
    op.give(0, gathered(op, t, op.in(0), op.in(1)));
  }

  private static TensorRef gathered(Backprop op, Ops t, TensorRef like, TensorRef indices) {
    return t.op("TensorListGather", op.node(), TensorLists.ELEMENT)
        .input(op.dy())
        .input(indices)
        .input(t.elements(t.shape(like), 1, 0))
        .output();
  }

  private static void scatterIntoExisting(Backprop op, Ops t) {
    op.give(
        0,
        () ->
            t.call("TensorListScatterIntoExistingList", op.dy(), t.zerosLike(op.in(1)), op.in(2)));
    op.give(1, () -> gathered(op, t, op.in(1), op.in(2)));
  }
}
