package dev.graft.surgeon;

import static java.util.Objects.requireNonNull;

import dev.graft.model.Layer;
import dev.graft.model.Model;
import dev.graft.surgeon.internal.analysis.SequenceMask;
import java.util.Optional;
import java.util.Set;

/** What becomes of padding where a head pools the positions of a sequence. */
public final class Padding {

  private static final Set<String> POOLING = Set.of("GlobalAveragePooling1D", "GlobalMaxPooling1D");

  private Padding() {}

  /**
   * Why a head that Graft put on {@code model} pools all positions, though some may be padding:
   * pooling was asked for by name, and behind some layer it is not known which these are.
   *
   * @return a sentence without its full stop; empty where padding is left out, or there is none
   */
  public static Optional<String> pooled(Model model) {
    requireNonNull(model, "model");
    return model.layers().stream()
        .filter(Padding::isOurs)
        .flatMap(layer -> SequenceMask.lost(model, layer.inputs().get(0)).stream())
        .findFirst()
        .map(why -> why + ": all are pooled, padding too");
  }

  /** Those that were imported say more of themselves. */
  private static boolean isOurs(Layer layer) {
    return POOLING.contains(layer.className())
        && layer.config().isEmpty()
        && layer.inputs().size() == 1;
  }
}
