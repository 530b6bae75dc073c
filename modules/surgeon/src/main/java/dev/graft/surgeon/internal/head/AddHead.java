package dev.graft.surgeon.internal.head;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import dev.graft.error.BadRequestException;
import dev.graft.model.Head;
import dev.graft.model.Model;
import dev.graft.model.Signature;
import dev.graft.surgeon.Edit;
import dev.graft.surgeon.HeadSpec;
import java.util.Map;

/** Puts new heads on the one output of a model that was cut. */
public final class AddHead extends Edit {

  private final ImmutableList<HeadSpec> heads;

  public AddHead(ImmutableList<HeadSpec> heads) {
    this.heads = NewHeads.checked(heads);
  }

  @Override
  protected String operation() {
    return "addHead";
  }

  @Override
  protected ImmutableMap<String, String> arguments() {
    return HeadText.of(heads);
  }

  @Override
  protected Model edit(Model model) {
    if (heads.get(0).kind() == Head.Kind.BOXES) {
      return BoxHead.on(model, heads.get(0));
    }
    Signature signature = model.servingSignature();
    if (signature.outputs().size() != 1) {
      throw new BadRequestException(
          "a head is put on the one output of a model, but "
              + model.name()
              + " has "
              + signature.outputs().keySet()
              + "; cut at one layer first, or keep one output.");
    }
    if (heads.stream().anyMatch(HeadSpec::carriesOver)) {
      throw new BadRequestException(
          "weights are carried over from a head that is replaced; use replaceHead.");
    }
    String output = signature.outputs().keySet().iterator().next();
    return new NewHeads(model, Map.of(signature.name(), output)).put(heads, "predictions").build();
  }
}
