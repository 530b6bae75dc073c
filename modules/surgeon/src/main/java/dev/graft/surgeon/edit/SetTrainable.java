package dev.graft.surgeon.edit;

import com.google.common.collect.ImmutableMap;
import dev.graft.error.BadRequestException;
import dev.graft.model.Model;
import dev.graft.model.Variable;
import dev.graft.surgeon.Edit;
import dev.graft.surgeon.Selection;
import dev.graft.surgeon.Where;
import dev.graft.surgeon.internal.analysis.Nearest;
import java.util.List;

/**
 * Freezes or unfreezes variables. As in Keras, a BatchNorm of which nothing trains is in inference
 * mode, moving statistics, counters and seeds never train, and what its author {@link
 * Variable#fixed fixed} does not train with its layer.
 */
final class SetTrainable extends Edit {

  private final Where where;
  private final boolean trainable;

  SetTrainable(Where where, boolean trainable) {
    this.where = where;
    this.trainable = trainable;
  }

  @Override
  protected String operation() {
    return trainable ? "unfreeze" : "freeze";
  }

  @Override
  protected ImmutableMap<String, String> arguments() {
    return ImmutableMap.of("where", where.toString());
  }

  @Override
  protected Model edit(Model model) {
    Selection selection = where.in(model);
    if (trainable) {
      refuseFixedAlone(model, selection);
    }
    return model.toBuilder()
        .variables(
            model.variables().stream()
                .map(
                    v ->
                        selection.variables().contains(v.name())
                            ? v.trainable(trainable && selection.lets(v))
                            : v)
                .toList())
        .build();
  }

  /** A wish of which nothing came is told. */
  private void refuseFixedAlone(Model model, Selection selection) {
    List<Variable> hit = selection.variables(model);
    List<Variable> fixed = hit.stream().filter(Variable::fixed).toList();
    if (!fixed.isEmpty() && hit.stream().noneMatch(selection::lets)) {
      throw new BadRequestException(
          "of what '"
              + where
              + "' selects nothing can train: its author declared "
              + Nearest.some(fixed.stream().map(Variable::name).toList())
              + " as not trainable. If it is to train all the same, name it: "
              + Where.variables(fixed.get(0).name())
              + ".");
    }
  }
}
