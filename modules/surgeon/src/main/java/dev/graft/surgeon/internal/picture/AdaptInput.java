package dev.graft.surgeon.internal.picture;

import com.google.common.collect.ImmutableMap;
import dev.graft.error.BadRequestException;
import dev.graft.graph.TensorRef;
import dev.graft.model.InputSpec;
import dev.graft.model.InputSpec.Channels;
import dev.graft.model.InputSpec.Range;
import dev.graft.model.Model;
import dev.graft.picture.DecodeGraph;
import dev.graft.picture.PictureResize;
import dev.graft.surgeon.Edit;
import dev.graft.tensor.DType;
import dev.graft.tensor.Shape;
import dev.graft.words.Words;
import java.util.Optional;

/** Lets the picture input take other pictures, and brings them to what the network reads. */
public final class AdaptInput extends Edit {

  /** What is adapted. */
  public enum To {
    /** Bytes in 0..255 instead of floats in the network's range. */
    UINT8,
    /** One channel, repeated over the three that the network reads. */
    GREY,
    /** Pictures of any one size, resized to the network's. */
    ANY_SIZE,
    /** Encoded pictures, decoded in the graph. */
    ENCODED
  }

  private final To to;

  public AdaptInput(To to) {
    this.to = to;
  }

  @Override
  protected String operation() {
    return "adaptInput";
  }

  @Override
  protected ImmutableMap<String, String> arguments() {
    return ImmutableMap.of("to", Words.identifier(to));
  }

  @Override
  protected Model edit(Model model) {
    InputSpec input = InputAdapter.find(model, "");
    return switch (to) {
      case UINT8 -> uint8(model, input);
      case GREY -> repeated(model, input);
      case ANY_SIZE -> anySize(model, input);
      case ENCODED -> encoded(model, input);
    };
  }

  private static Model uint8(Model model, InputSpec input) {
    if (input.dtype() == DType.UINT8) {
      return model;
    }
    checkFloat(input);
    Range old =
        input
            .range()
            .orElseThrow(
                () ->
                    new BadRequestException(
                        "which pixel values input '"
                            + input.name()
                            + "' expects is not known, so bytes cannot be brought to them; say it"
                            + " first with fitInputs() or describeInput(...)."));
    Range bytes = new Range(0, 255, "bytes, which the graph brings to " + text(old));
    InputSpec changed = input.dtype(DType.UINT8).range(Optional.of(bytes));
    return InputAdapter.insert(
        model,
        "from_bytes",
        changed,
        (g, pixels) -> {
          TensorRef x = g.cast(pixels, input.dtype().proto());
          if (old.low() == 0 && old.high() == 255) {
            return x;
          }
          TensorRef scaled = g.add("Mul", x, g.scalar((old.high() - old.low()) / 255));
          return old.low() == 0 ? scaled : g.add("AddV2", scaled, g.scalar(old.low()));
        });
  }

  private static String text(Range range) {
    return range.low() + ".." + range.high();
  }

  private static Model repeated(Model model, InputSpec input) {
    checkColour(input);
    return InputAdapter.insert(
        model,
        "grey_to_colour",
        grey(input),
        (g, pixels) -> g.add("Tile", pixels, g.ints(1, 1, 1, 3)));
  }

  /** Fails if {@code input} does not take three channels. */
  static void checkColour(InputSpec input) {
    if (input.shape().dim(-1) != 3) {
      throw new BadRequestException(
          "input '" + input.name() + "' has " + input.shape().dim(-1) + " channel, not three.");
    }
  }

  /** {@code input} for one channel. */
  static InputSpec grey(InputSpec input) {
    return input.shape(input.shape().dim(-1, 1)).channels(Channels.GREY);
  }

  /** The one decode graph, inside the model. */
  private static Model encoded(Model model, InputSpec input) {
    InputSpec changed =
        input
            .dtype(DType.STRING)
            .shape(Shape.of(Shape.UNKNOWN))
            .range(Optional.empty())
            .channels(Channels.UNKNOWN);
    return InputAdapter.insert(
        model,
        "from_encoded",
        changed,
        (g, files) -> DecodeGraph.add(g.editor(), g.name("decode"), files, input));
  }

  private static Model anySize(Model model, InputSpec input) {
    checkFloat(input);
    long height = input.shape().dim(1);
    long width = input.shape().dim(2);
    if (height < 1 || width < 1) {
      throw new BadRequestException(
          "input '" + input.name() + "' takes pictures of any size already: " + input.shape());
    }
    Shape free = input.shape().dim(1, Shape.UNKNOWN).dim(2, Shape.UNKNOWN);
    return InputAdapter.insert(
        model,
        "to_size",
        input.shape(free),
        (g, pixels) -> PictureResize.add(g, pixels, (int) height, (int) width, input.resize()));
  }

  private static void checkFloat(InputSpec input) {
    if (input.dtype() != DType.FLOAT32) {
      throw new BadRequestException(
          "input '" + input.name() + "' takes " + input.dtype() + ", not float32.");
    }
  }
}
