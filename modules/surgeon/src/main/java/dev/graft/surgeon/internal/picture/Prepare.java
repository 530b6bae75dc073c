package dev.graft.surgeon.internal.picture;

import com.google.common.collect.ImmutableMap;
import com.google.common.primitives.Floats;
import dev.graft.error.BadRequestException;
import dev.graft.graph.TensorRef;
import dev.graft.model.InputSpec;
import dev.graft.model.InputSpec.Channels;
import dev.graft.model.Model;
import dev.graft.surgeon.Edit;
import dev.graft.surgeon.Preparation;
import dev.graft.tensor.DType;
import dev.graft.words.Words;
import java.util.Optional;

/** Puts what {@code preprocess_input} does into the graph: pixels are then RGB in 0..255. */
public final class Prepare extends Edit {

  private final Preparation preparation;

  public Prepare(Preparation preparation) {
    this.preparation = preparation;
  }

  @Override
  protected String operation() {
    return "prepareInput";
  }

  @Override
  protected ImmutableMap<String, String> arguments() {
    return ImmutableMap.of("as", Words.identifier(preparation));
  }

  @Override
  protected Model edit(Model model) {
    return in(model, InputAdapter.find(model, ""), preparation, Optional.empty());
  }

  /**
   * The model with {@code preparation} in its graph.
   *
   * @param guess why it is thought to be right; empty if somebody has said so
   */
  static Model in(Model model, InputSpec input, Preparation preparation, Optional<String> guess) {
    if (input.shape().dim(-1) != 3 || input.dtype() != DType.FLOAT32) {
      throw new BadRequestException(
          "input '"
              + input.name()
              + "' takes "
              + input.dtype()
              + " "
              + input.shape()
              + "; pixels are prepared where it takes float32 in three channels.");
    }
    InputSpec.Range range =
        new InputSpec.Range(
            0,
            255,
            guess.orElse("as was said")
                + "; the graph now does Keras' preprocess_input ("
                + preparation
                + ")",
            guess.isPresent());
    InputSpec prepared = input.range(Optional.of(range)).channels(Channels.RGB);
    return InputAdapter.insert(
        model,
        "prepare",
        prepared,
        (g, pixels) -> {
          TensorRef ordered =
              preparation.reversed() ? g.add("ReverseV2", pixels, g.ints(-1)) : pixels;
          TensorRef centred = g.add("Sub", ordered, g.floats(Floats.toArray(preparation.mean())));
          boolean scaled = preparation.deviation().stream().anyMatch(d -> d != 1);
          return scaled
              ? g.add("RealDiv", centred, g.floats(Floats.toArray(preparation.deviation())))
              : centred;
        });
  }
}
