package dev.graft.surgeon.internal.head;

import dev.graft.error.BadRequestException;
import dev.graft.model.Head;
import dev.graft.model.Labels;
import dev.graft.model.Variable;
import dev.graft.savedmodel.checkpoint.VariableValues;
import dev.graft.surgeon.FoundHead;
import dev.graft.surgeon.HeadSpec;
import dev.graft.surgeon.internal.analysis.Nearest;
import dev.graft.surgeon.internal.analysis.Weights;
import java.util.List;

/** Gives a new head the old one's weights for the labels that both have. */
public final class CarriedWeights {

  private CarriedWeights() {}

  static void copy(FoundHead old, Labels before, HeadSpec spec, Head head, NewVariables variables) {
    List<String> now = spec.labels().map(Labels::names).map(List::copyOf).orElse(List.of());
    int[] from = now.stream().mapToInt(before.names()::indexOf).toArray();
    Variable kernel = variable(variables, head, Variable.Role.KERNEL);
    Variable bias = variable(variables, head, Variable.Role.BIAS);
    Variable oldKernel = old.kernelVariable().orElse(null);
    if (oldKernel == null || before.size() != old.units()) {
      throw new BadRequestException(
          "the old head's kernel is "
              + (oldKernel == null ? "a constant" : "made for " + old.units() + " labels")
              + "; nothing can be carried over from it.");
    }
    if (!spec.hidden().isEmpty() || kernel.shape().dim(0) != old.inputs()) {
      throw new BadRequestException(
          "weights are carried over to a head that reads the same "
              + old.inputs()
              + " features without hidden layers; leave them out.");
    }
    boolean none = true;
    for (int row : from) {
      none &= row < 0;
    }
    if (none) {
      throw new BadRequestException(
          "no label stays: the old head has "
              + Nearest.some(before.names())
              + ", the new one "
              + Nearest.some(now)
              + "; leave out carryOver().");
    }
    VariableValues values = new VariableValues();
    double[] w = values.of(kernel).asDoubles();
    double[] oldW = values.of(oldKernel).asDoubles();
    int inputs = old.inputs();
    for (int unit = 0; unit < from.length; unit++) {
      for (int i = 0; from[unit] >= 0 && i < inputs; i++) {
        int at = old.transposed() ? from[unit] * inputs + i : i * old.units() + from[unit];
        w[i * from.length + unit] = oldW[at];
      }
    }
    variables.give(kernel.name(), Weights.value(kernel.dtype(), kernel.shape(), w));
    if (old.bias().isPresent()) {
      double[] b = values.of(bias).asDoubles();
      double[] oldB = values.of(old.bias().get()).asDoubles();
      for (int unit = 0; unit < from.length; unit++) {
        b[unit] = from[unit] >= 0 ? oldB[from[unit]] : b[unit];
      }
      variables.give(bias.name(), Weights.value(bias.dtype(), bias.shape(), b));
    }
  }

  private static Variable variable(NewVariables variables, Head head, Variable.Role role) {
    String layer = head.logits().node().substring(0, head.logits().node().lastIndexOf('/'));
    return variables.all().stream()
        .filter(v -> v.role() == role && v.name().startsWith(layer + "/"))
        .findFirst()
        .orElseThrow(
            () ->
                new BadRequestException(
                    "a head without a dense layer has nothing to carry weights over to."));
  }
}
