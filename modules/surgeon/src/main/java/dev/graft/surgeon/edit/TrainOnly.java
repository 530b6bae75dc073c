package dev.graft.surgeon.edit;

import com.google.common.collect.ImmutableMap;
import dev.graft.model.Model;
import dev.graft.surgeon.Edit;
import dev.graft.surgeon.Where;

/** Freezes everything but a selection. */
final class TrainOnly extends Edit {

  private final Where where;

  TrainOnly(Where where) {
    this.where = where;
  }

  @Override
  protected String operation() {
    return "trainOnly";
  }

  @Override
  protected ImmutableMap<String, String> arguments() {
    return ImmutableMap.of("where", where.toString());
  }

  @Override
  protected Model edit(Model model) {
    Model frozen = new SetTrainable(Where.all(), false).edit(model);
    return new SetTrainable(where, true).edit(frozen);
  }
}
