package dev.graft.surgeon.edit;

import com.google.common.collect.ImmutableMap;
import dev.graft.error.BadRequestException;
import dev.graft.model.Initializer;
import dev.graft.model.Model;
import dev.graft.model.Variable;
import dev.graft.model.VariableSource;
import dev.graft.surgeon.Edit;
import dev.graft.surgeon.Selection;
import dev.graft.surgeon.Where;

/**
 * Gives variables fresh values as a new layer would have them. What its author {@link
 * Variable#fixed fixed} keeps its value unless it is named.
 */
final class Reinitialize extends Edit {

  private final Where where;
  private final long seed;

  Reinitialize(Where where, long seed) {
    this.where = where;
    this.seed = seed;
  }

  @Override
  protected String operation() {
    return "reinitialize";
  }

  @Override
  protected ImmutableMap<String, String> arguments() {
    return ImmutableMap.of("where", where.toString(), "seed", Long.toString(seed));
  }

  @Override
  protected Model edit(Model model) {
    Selection selection = where.in(model);
    return model.toBuilder()
        .variables(
            model.variables().stream()
                .map(v -> selection.variables().contains(v.name()) ? fresh(v, selection) : v)
                .toList())
        .build();
  }

  private Variable fresh(Variable variable, Selection selection) {
    boolean kept = variable.fixed() && !selection.named().contains(variable.name());
    if (variable.role() == Variable.Role.STATE || kept) {
      return variable;
    }
    // the name takes part, so that layers of one shape do not start alike
    long own = 31 * seed + variable.name().hashCode();
    return variable.source(new VariableSource.Initialized(initializer(variable), own));
  }

  private static Initializer initializer(Variable variable) {
    return switch (variable.role()) {
      case BIAS, BETA, MOVING_MEAN -> Initializer.ZEROS;
      case GAMMA, MOVING_VARIANCE -> Initializer.ONES;
      case EMBEDDINGS -> Initializer.NORMAL;
      case KERNEL, DEPTHWISE_KERNEL, RECURRENT_KERNEL -> Initializer.GLOROT_UNIFORM;
      case OTHER, STATE -> {
        if (variable.shape().rank() < 2) {
          throw new BadRequestException(
              "how '"
                  + variable.name()
                  + "' "
                  + variable.shape()
                  + " starts is not known; select by role, for example: role kernel or role bias.");
        }
        yield Initializer.GLOROT_UNIFORM;
      }
    };
  }
}
