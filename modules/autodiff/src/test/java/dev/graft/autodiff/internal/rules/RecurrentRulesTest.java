package dev.graft.autodiff.internal.rules;

import dev.graft.graph.TensorRef;
import dev.graft.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** TF1's whole LSTM layer in one op; there is no kernel for float64. */
class RecurrentRulesTest extends RuleContract {

  @Override
  Stream<RuleCase> cases() {
    List<RuleCase> cases = new ArrayList<>();
    for (String op : List.of("BlockLSTM", "BlockLSTMV2")) {
      for (boolean peephole : new boolean[] {false, true}) {
        cases.add(
            RuleCase.ofMany(
                    op + (peephole ? " with peephole" : ""), c -> blockLstm(c, op, peephole))
                .inFloat32());
      }
    }
    return cases.stream();
  }

  private static List<TensorRef> blockLstm(RuleCase c, String op, boolean peephole) {
    double[] zeros = new double[3];
    List<TensorRef> outputs =
        c.op(op)
            .input(c.longs(Shape.scalar(), 4))
            .input(c.x(4, 2, 2))
            .input(c.x(2, 3))
            .input(c.x(2, 3))
            .input(c.x(5, 12))
            .input(peephole ? c.x(3) : c.real(zeros, 3))
            .input(peephole ? c.x(3) : c.real(zeros, 3))
            .input(peephole ? c.x(3) : c.real(zeros, 3))
            .input(c.x(12))
            .attr("use_peephole", peephole)
            .attr("cell_clip", -1f) // TensorFlow differentiates past the clipping
            .outputs();
    return List.of(outputs.get(1), outputs.get(6)); // the states: what TensorFlow differentiates
  }
}
