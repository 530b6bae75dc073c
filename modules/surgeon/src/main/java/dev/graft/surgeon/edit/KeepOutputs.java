package dev.graft.surgeon.edit;

import com.google.common.base.Joiner;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import dev.graft.error.BadRequestException;
import dev.graft.model.Model;
import dev.graft.model.Signature;
import dev.graft.model.TensorSpec;
import dev.graft.surgeon.Edit;
import dev.graft.surgeon.internal.analysis.Nearest;
import dev.graft.surgeon.internal.analysis.Signatures;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Keeps some outputs and takes out the others with all that only they need. */
final class KeepOutputs extends Edit {

  private final ImmutableList<String> names;

  KeepOutputs(ImmutableList<String> names) {
    this.names = names;
  }

  @Override
  protected String operation() {
    return "keepOutputs";
  }

  @Override
  protected ImmutableMap<String, String> arguments() {
    return ImmutableMap.of("names", Joiner.on('\n').join(names));
  }

  @Override
  protected Model edit(Model model) {
    Set<String> known = model.servingSignature().outputs().keySet();
    for (String name : names) {
      if (!known.contains(name)) {
        throw new BadRequestException(
            model.name() + " has no output '" + name + "'. " + Nearest.sentence(name, known));
      }
    }
    List<Signature> kept = new ArrayList<>();
    for (Signature signature : model.signatures().values()) {
      Map<String, TensorSpec> outputs = new LinkedHashMap<>(signature.outputs());
      outputs.keySet().retainAll(names);
      if (outputs.size() == signature.outputs().size()) {
        kept.add(signature);
      } else if (!outputs.isEmpty()) {
        kept.add(Signatures.withOutputs(model.graph(), signature, outputs));
      }
    }
    return model.toBuilder()
        .signatures(kept)
        .heads(model.heads().stream().filter(head -> names.contains(head.name())).toList())
        .build();
  }
}
