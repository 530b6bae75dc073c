package dev.graft.surgeon;

import com.google.common.collect.ImmutableMap;
import dev.graft.model.Model;
import dev.graft.model.Variable;

/**
 * Freezes or unfreezes variables. As in Keras, a BatchNorm of which nothing trains is in inference
 * mode, and moving statistics, counters and seeds never train.
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
    return model.toBuilder()
        .variables(
            model.variables().stream()
                .map(v -> selection.variables().contains(v.name()) ? set(v) : v)
                .toList())
        .build();
  }

  private Variable set(Variable variable) {
    return variable.withTrainable(trainable && variable.canTrain());
  }
}
