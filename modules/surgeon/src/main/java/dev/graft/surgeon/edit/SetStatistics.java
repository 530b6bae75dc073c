package dev.graft.surgeon.edit;

import com.google.common.base.Joiner;
import com.google.common.collect.ImmutableMap;
import com.google.common.hash.Hasher;
import com.google.common.hash.Hashing;
import dev.graft.error.BadRequestException;
import dev.graft.model.Model;
import dev.graft.model.Variable;
import dev.graft.model.VariableSource;
import dev.graft.surgeon.Edit;
import dev.graft.surgeon.internal.analysis.Nearest;
import dev.graft.tensor.TensorValue;
import java.util.TreeMap;

/** Gives moving means and variances values that were measured elsewhere. */
final class SetStatistics extends Edit {

  static final String OPERATION = "setStatistics";

  private final ImmutableMap<String, TensorValue> values;

  SetStatistics(ImmutableMap<String, TensorValue> values) {
    this.values = values;
  }

  @Override
  protected String operation() {
    return OPERATION;
  }

  /** The values are too many to write down; their digest says whether others are the same. */
  @Override
  protected ImmutableMap<String, String> arguments() {
    Hasher hasher = Hashing.sha256().newHasher();
    new TreeMap<>(values).values().forEach(value -> hasher.putBytes(value.bytes()));
    return ImmutableMap.of(
        "variables", Joiner.on('\n').join(values.keySet()), "sha256", hasher.hash().toString());
  }

  @Override
  protected Model edit(Model model) {
    values.forEach((name, value) -> check(model, name, value));
    return model.toBuilder()
        .variables(model.variables().stream().map(this::given).toList())
        .build();
  }

  private Variable given(Variable variable) {
    TensorValue value = values.get(variable.name());
    return value == null ? variable : variable.source(new VariableSource.Given(value));
  }

  private static void check(Model model, String name, TensorValue value) {
    Variable variable =
        model
            .variable(name)
            .orElseThrow(
                () ->
                    new BadRequestException(
                        model.name()
                            + " has no variable '"
                            + name
                            + "'. "
                            + Nearest.sentence(
                                name, model.variables().stream().map(Variable::name).toList())));
    boolean statistic =
        variable.role() == Variable.Role.MOVING_MEAN
            || variable.role() == Variable.Role.MOVING_VARIANCE;
    if (!statistic
        || variable.dtype() != value.dtype()
        || !variable.shape().equals(value.shape())) {
      throw new BadRequestException(
          "'"
              + name
              + "' is "
              + (statistic ? "" : "no moving statistic but ")
              + variable.dtype()
              + " "
              + variable.shape()
              + "; given is "
              + value
              + ".");
    }
  }
}
