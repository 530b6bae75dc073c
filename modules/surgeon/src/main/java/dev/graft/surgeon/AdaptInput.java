package dev.graft.surgeon;

import com.google.common.collect.ImmutableMap;
import dev.graft.graph.Scope;
import dev.graft.graph.Shape;
import dev.graft.graph.TensorRef;
import dev.graft.model.BadRequestException;
import dev.graft.model.InputSpec;
import dev.graft.model.InputSpec.Channels;
import dev.graft.model.InputSpec.Range;
import dev.graft.model.Model;
import java.util.Optional;
import org.tensorflow.proto.DataType;

/** Lets the picture input take other pictures, and brings them to what the network reads. */
final class AdaptInput extends Edit {

  /** What is adapted. */
  enum To {
    /** Bytes in 0..255 instead of floats in the network's range. */
    UINT8,
    /** One channel, repeated over the three that the network reads. */
    GREY,
    /** Pictures of any one size, resized to the network's. */
    ANY_SIZE
  }

  private final To to;

  AdaptInput(To to) {
    this.to = to;
  }

  @Override
  protected String operation() {
    return "adaptInput";
  }

  @Override
  protected ImmutableMap<String, String> arguments() {
    return ImmutableMap.of("to", HeadText.lower(to));
  }

  @Override
  protected Model edit(Model model) {
    InputSpec input = InputAdapter.find(model, "");
    return switch (to) {
      case UINT8 -> uint8(model, input);
      case GREY -> grey(model, input);
      case ANY_SIZE -> anySize(model, input);
    };
  }

  private static Model uint8(Model model, InputSpec input) {
    if (input.dtype() == DataType.DT_UINT8) {
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
    InputSpec changed =
        changed(input, DataType.DT_UINT8, input.shape(), Optional.of(bytes), input.channels());
    return InputAdapter.insert(
        model,
        "from_bytes",
        changed,
        (g, pixels) -> {
          TensorRef x = g.cast(pixels, input.dtype());
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

  private static Model grey(Model model, InputSpec input) {
    if (input.shape().dim(-1) != 3) {
      throw new BadRequestException(
          "input '" + input.name() + "' has " + input.shape().dim(-1) + " channel, not three.");
    }
    InputSpec changed =
        changed(input, input.dtype(), input.shape().withDim(-1, 1), input.range(), Channels.GREY);
    return InputAdapter.insert(
        model, "grey_to_colour", changed, (g, pixels) -> g.add("Tile", pixels, g.ints(1, 1, 1, 3)));
  }

  private static Model anySize(Model model, InputSpec input) {
    checkFloat(input);
    long height = input.shape().dim(1);
    long width = input.shape().dim(2);
    if (height < 1 || width < 1) {
      throw new BadRequestException(
          "input '" + input.name() + "' takes pictures of any size already: " + input.shape());
    }
    Shape free = input.shape().withDim(1, Shape.UNKNOWN).withDim(2, Shape.UNKNOWN);
    InputSpec changed = changed(input, input.dtype(), free, input.range(), input.channels());
    return InputAdapter.insert(
        model,
        "to_size",
        changed,
        (g, pixels) -> resized(g, pixels, (int) height, (int) width, input.resize()));
  }

  /** As the decode graph resizes: triangle filter, antialiased; too much is shared by both ends. */
  private static TensorRef resized(
      Scope g, TensorRef pixels, int height, int width, InputSpec.Resize rule) {
    TensorRef shape = g.add("Shape", pixels);
    TensorRef sides =
        g.cast(g.add("GatherV2", shape, g.ints(1, 2), g.scalar(0)), DataType.DT_FLOAT);
    TensorRef wanted = g.floats(height, width);
    TensorRef scale = g.add("RealDiv", wanted, sides);
    TensorRef even =
        switch (rule) {
          case STRETCH -> scale;
          case CROP -> g.add("Mul", g.floats(1, 1), g.add("Max", scale, g.ints(0)));
          case PAD -> g.add("Mul", g.floats(1, 1), g.add("Min", scale, g.ints(0)));
        };
    TensorRef rest = g.add("Sub", wanted, g.add("Mul", sides, even));
    return g.op("ScaleAndTranslate")
        .input(pixels)
        .input(g.ints(height, width))
        .input(even)
        .input(g.add("Mul", rest, g.scalar(0.5f)))
        .attr("kernel_type", "triangle")
        .attr("antialias", true)
        .output();
  }

  private static void checkFloat(InputSpec input) {
    if (input.dtype() != DataType.DT_FLOAT) {
      throw new BadRequestException(
          "input '" + input.name() + "' takes " + input.dtype() + ", not float32.");
    }
  }

  private static InputSpec changed(
      InputSpec input, DataType dtype, Shape shape, Optional<Range> range, Channels channels) {
    return new InputSpec(
        input.name(), input.tensor(), dtype, shape, range, channels, input.resize());
  }
}
