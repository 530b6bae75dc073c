package dev.graft.surgeon.internal.picture;

import com.google.common.collect.ImmutableMap;
import dev.graft.model.InputSpec;
import dev.graft.model.InputSpec.Channels;
import dev.graft.model.InputSpec.Range;
import dev.graft.model.Model;
import dev.graft.surgeon.Edit;
import dev.graft.surgeon.Preparation;
import dev.graft.tensor.DType;
import java.util.Optional;

/**
 * Finds out what the picture inputs expect: from their dtype, from the arithmetic at the beginning
 * of the graph, or from the family that the layers' names tell. Families whose pixels need more
 * than a range get their {@link Preparation} into the graph.
 */
public final class FitInputs extends Edit {

  @Override
  protected String operation() {
    return "fitInputs";
  }

  @Override
  protected ImmutableMap<String, String> arguments() {
    return ImmutableMap.of();
  }

  @Override
  protected Model edit(Model model) {
    Model fitted = model;
    for (InputSpec input : model.inputs()) {
      if (input.isImage() && input.range().isEmpty()) {
        fitted = fit(fitted, input);
      }
    }
    return fitted;
  }

  private static Model fit(Model model, InputSpec input) {
    int channelCount = (int) input.shape().dim(-1);
    InputSpec seen =
        input.channels() != Channels.UNKNOWN
            ? input
            : input.channels(channelCount == 1 ? Channels.GREY : Channels.RGB);
    if (input.dtype() == DType.UINT8) {
      Range range = new Range(0, 255, "it takes bytes");
      return InputAdapter.describe(model, seen.range(Optional.of(range)));
    }
    InputArithmetic arithmetic = InputArithmetic.after(model, input.tensor(), channelCount);
    Optional<Range> range =
        arithmetic.suited().map(suited -> new Range(suited.low(), suited.high(), suited.reason()));
    Optional<KnownBackbones.Known> known =
        channelCount == 3 && arithmetic.steps() == 0 ? KnownBackbones.of(model) : Optional.empty();
    if (range.isPresent() || known.isEmpty()) {
      return InputAdapter.describe(model, seen.range(range));
    }
    KnownBackbones.Known backbone = known.get();
    if (backbone.preparation() == Preparation.SCALE) {
      String reason = guess(backbone) + ", which Keras feeds with -1 to 1";
      Range scaled = new Range(-1, 1, reason, true);
      return InputAdapter.describe(model, seen.range(Optional.of(scaled)));
    }
    return Prepare.in(model, input, backbone.preparation(), Optional.of(guess(backbone)));
  }

  /** Somebody may have trained a network of the same layers on other pixels. */
  private static String guess(KnownBackbones.Known backbone) {
    return "a guess: " + backbone.family() + " by the names of its layers";
  }
}
