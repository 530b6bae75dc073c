package dev.graft.autodiff.internal.rules;

import dev.graft.autodiff.internal.engine.Backprop;
import dev.graft.autodiff.internal.engine.Ops;
import dev.graft.autodiff.internal.engine.RuleBook;
import dev.graft.graph.OpBuilder;
import dev.graft.graph.TensorRef;
import java.util.List;

/** Whole recurrent layers in one op: cuDNN's, and TF1's fused LSTM block. */
final class RecurrentRules {

  private static final String[] CUDNN = {
    "rnn_mode", "input_mode", "direction", "dropout", "seed", "seed2"
  };

  private RecurrentRules() {}

  static void addTo(RuleBook rules) {
    rules.add("CudnnRNN", (op, t) -> cudnn(op, t, t.op("CudnnRNNBackprop", op.node(), CUDNN), 4));
    rules.add(
        "CudnnRNNV2", (op, t) -> cudnn(op, t, t.op("CudnnRNNBackpropV2", op.node(), CUDNN), 4));
    rules.add(
        "CudnnRNNV3",
        (op, t) -> {
          OpBuilder back = t.op("CudnnRNNBackpropV3", op.node(), CUDNN);
          back.attr("time_major", op.flag("time_major")).attr("num_proj", op.integer("num_proj"));
          cudnn(op, t, back, 5);
        });
    rules.add((op, t) -> blockLstm(op, t), "BlockLSTM", "BlockLSTMV2");
  }

  /** Inputs, results, their gradients, and what cuDNN reserved: the order of all three versions. */
  private static void cudnn(Backprop op, Ops t, OpBuilder back, int inputs) {
    for (int i = 0; i < inputs; i++) {
      back.input(op.in(i));
    }
    for (int i = 0; i < 3; i++) {
      back.input(op.out(i));
    }
    for (int i = 0; i < 3; i++) {
      back.input(op.dy(i));
    }
    for (int i = 3; i < op.outputCount(); i++) {
      back.input(op.out(i));
    }
    List<TensorRef> found = back.outputs();
    for (int i = 0; i < 4; i++) {
      TensorRef gradient = found.get(i);
      op.give(i, () -> gradient);
    }
  }

  private static void blockLstm(Backprop op, Ops t) {
    OpBuilder back =
        t.op("BlockLSTMGrad" + op.node().getOp().substring("BlockLSTM".length()), op.node())
            .attr("use_peephole", op.flag("use_peephole"));
    op.inputs().forEach(back::input);
    for (int i = 0; i < 7; i++) {
      back.input(op.out(i));
    }
    List<TensorRef> found = back.input(op.dy(1)).input(op.dy(6)).outputs();
    for (int i = 0; i < found.size(); i++) {
      TensorRef gradient = found.get(i);
      op.give(1 + i, () -> gradient);
    }
  }
}
