package dev.graft.surgeon;

import dev.graft.model.Model;
import dev.graft.surgeon.internal.analysis.ModelInvariants;
import dev.graft.surgeon.internal.analysis.Prune;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * One operation on a model: a function from Model to Model that leaves its argument as it was. A
 * further operation is a further subclass; nothing here has to change for it.
 *
 * <p>After each edit the result is checked: every signature can be computed, every variable that
 * the edit left is used, names are unique and dtypes agree. The edit becomes a step of the model's
 * provenance.
 */
public abstract class Edit implements UnaryOperator<Model> {

  /** A further kind of edit. */
  protected Edit() {}

  /** Its name in the provenance: {@code freeze}, {@code replaceHead}. */
  protected abstract String operation();

  /** What it was given, in words that are enough to do it again. */
  protected abstract Map<String, String> arguments();

  /** The model after the edit. What no signature needs any more need not be taken out here. */
  protected abstract Model edit(Model model);

  /**
   * The model after the edit, checked.
   *
   * @throws dev.graft.error.BadRequestException if the edit does not fit the model; the message
   *     names the nearest choice that does
   */
  @Override
  public final Model apply(Model model) {
    Model edited = edit(model);
    if (edited.graph() != model.graph() || !edited.signatures().equals(model.signatures())) {
      edited = Prune.toSignatures(edited);
      ModelInvariants.check(model, edited);
    }
    return edited.toBuilder().step(operation(), arguments()).build();
  }

  @Override
  public String toString() {
    return operation() + arguments();
  }
}
