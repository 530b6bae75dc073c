package dev.graft.surgeon.edit;

import com.google.common.collect.ImmutableMap;
import dev.graft.model.Model;
import dev.graft.surgeon.Edit;
import dev.graft.surgeon.internal.analysis.Prune;

/** Takes out what no signature needs. */
final class PruneEdit extends Edit {

  @Override
  protected String operation() {
    return "prune";
  }

  @Override
  protected ImmutableMap<String, String> arguments() {
    return ImmutableMap.of();
  }

  @Override
  protected Model edit(Model model) {
    return Prune.toSignatures(model);
  }
}
