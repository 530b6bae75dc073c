package dev.graft.trainer.metric;

import dev.graft.error.Internal;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.model.Head;
import java.util.List;
import org.tensorflow.proto.DataType;

/**
 * How often each label was given to the examples of a batch, how often rightly, and how often it
 * holds: what most metrics of labels are made of.
 *
 * @param actual the index of the label that holds; of a head that gives one label
 * @param answered the index of the label that was given, -1 where the answer is no number; of a
 *     head that gives one label
 * @param holds 1 where a label holds, [rows, labels]
 * @param right how often each label was given rightly
 * @param given how often each label was given
 * @param count how often each label holds
 * @param shares the head's answers as shares from 0 to 1
 * @param same 1 where label and answer are the same; of a head that gives any number of labels
 */
@Internal
public record LabelMarks(
    TensorRef actual,
    TensorRef answered,
    TensorRef holds,
    TensorRef right,
    TensorRef given,
    TensorRef count,
    TensorRef shares,
    TensorRef same) {

  /** Returns those of a batch, added to its graph at the first call. */
  public static LabelMarks of(Judged batch) {
    return batch.shared(LabelMarks.class, LabelMarks::added);
  }

  /** The sums of {@link LabelScore}: given rightly, given, holding. */
  public List<TensorRef> sums() {
    return List.of(right, given, count);
  }

  private static LabelMarks added(Judged batch) {
    HeadTensors head = batch.tensors();
    return batch.head().kind().targets() == Head.Targets.ONE_LABEL
        ? oneLabel(head)
        : anyLabels(head);
  }

  private static LabelMarks oneLabel(HeadTensors head) {
    Scope g = head.g();
    TensorRef rows = head.rows(head.logits());
    TensorRef actual =
        head.areIndices()
            ? g.add("Reshape", head.targets(), g.ints(-1))
            : largest(g, head.rows(head.wanted()));
    TensorRef shares = g.add("Softmax", rows);
    TensorRef lost = g.op("Any").input(g.add("IsNan", shares)).input(g.scalar(1)).output();
    TensorRef answered = g.add("SelectV2", lost, g.scalar(-1), largest(g, rows));
    TensorRef holds = head.oneHot(actual);
    TensorRef given = head.oneHot(answered); // 0 everywhere for -1
    return new LabelMarks(
        actual,
        answered,
        holds,
        head.perColumn(g.add("Mul", holds, given)),
        head.perColumn(given),
        head.perColumn(holds),
        shares,
        numbers(head, g.add("Equal", holds, given)));
  }

  private static LabelMarks anyLabels(HeadTensors head) {
    Scope g = head.g();
    TensorRef rows = head.rows(head.logits());
    TensorRef wanted = head.rows(head.wanted());
    TensorRef shares = g.add("Sigmoid", rows);
    TensorRef holds = numbers(head, g.add("Greater", wanted, head.number(0.5)));
    TensorRef given = numbers(head, g.add("Greater", rows, head.number(0)));
    TensorRef isNumber = g.add("LogicalNot", g.add("IsNan", shares)); // or it would be "not given"
    TensorRef same = g.add("LogicalAnd", g.add("Equal", holds, given), isNumber);
    return new LabelMarks(
        wanted,
        given,
        holds,
        head.perColumn(g.add("Mul", holds, given)),
        head.perColumn(given),
        head.perColumn(holds),
        shares,
        numbers(head, same));
  }

  private static TensorRef numbers(HeadTensors head, TensorRef truths) {
    return head.g().cast(truths, head.g().editor().dtype(head.logits()));
  }

  private static TensorRef largest(Scope g, TensorRef rows) {
    return g.op("ArgMax")
        .input(rows)
        .input(g.scalar(1))
        .attr("output_type", DataType.DT_INT32)
        .output();
  }
}
