package dev.graft.model;

import static java.util.Objects.requireNonNull;

import dev.graft.graph.TensorRef;
import dev.graft.tensor.DType;
import dev.graft.tensor.Shape;
import java.util.Optional;

/**
 * What the model expects at one of its inputs.
 *
 * @param name the input's name in the signature
 * @param tensor the tensor to feed
 * @param dtype its dtype
 * @param shape its shape, batch first; pictures are [batch, height, width, channels]
 * @param range the values that pixels take, if the model is known to read pictures
 * @param channels the order of the colour channels
 * @param resize how a picture of another size is brought to this one
 */
public record InputSpec(
    String name,
    TensorRef tensor,
    DType dtype,
    Shape shape,
    Optional<Range> range,
    Channels channels,
    Resize resize) {

  /**
   * The interval of pixel values.
   *
   * @param low the value of black
   * @param high the value of white
   * @param reason how this is known, in words
   * @param guessed whether names alone tell it, which may have been given to another network
   */
  public record Range(float low, float high, String reason, boolean guessed) {

    /** An interval that is known. */
    public Range(float low, float high, String reason) {
      this(low, high, reason, false);
    }
  }

  /** The order of colour channels. */
  public enum Channels {
    /** Red, green, blue. */
    RGB,
    /** Blue, green, red, as Caffe's models want it. */
    BGR,
    /** One channel. */
    GREY,
    /** Not a picture, or not known. */
    UNKNOWN
  }

  /** How a picture is brought to the input's size. */
  public enum Resize {
    /** Height and width each to the wanted size, whatever the aspect ratio. */
    STRETCH,
    /** The shorter side to the wanted size, the middle cut out. */
    CROP,
    /** The longer side to the wanted size, the rest padded with black. */
    PAD
  }

  /** An input of which nobody has said more than the signature does. */
  public static InputSpec of(String name, TensorSpec spec) {
    requireNonNull(name, "name");
    requireNonNull(spec, "spec");
    return new InputSpec(
        name,
        spec.tensor(),
        spec.dtype(),
        spec.shape(),
        Optional.empty(),
        Channels.UNKNOWN,
        Resize.STRETCH);
  }

  /** Returns this of another dtype. */
  public InputSpec dtype(DType value) {
    return new InputSpec(name, tensor, value, shape, range, channels, resize);
  }

  /** Returns this of another shape. */
  public InputSpec shape(Shape value) {
    return new InputSpec(name, tensor, dtype, value, range, channels, resize);
  }

  /** Returns this with pixels of other values, or none that are known. */
  public InputSpec range(Optional<Range> value) {
    return new InputSpec(name, tensor, dtype, shape, value, channels, resize);
  }

  /** Returns this with colours in another order. */
  public InputSpec channels(Channels value) {
    return new InputSpec(name, tensor, dtype, shape, range, value, resize);
  }

  /** Returns this with pictures brought to its size in another way. */
  public InputSpec resize(Resize value) {
    return new InputSpec(name, tensor, dtype, shape, range, channels, value);
  }

  /** Whether this is an input for pictures: rank 4 with 1 or 3 channels last. */
  public boolean isImage() {
    return shape.rank() == 4 && (shape.dim(-1) == 3 || shape.dim(-1) == 1);
  }
}
