package dev.graft;

import dev.graft.error.BadRequestException;
import dev.graft.model.InputSpec;
import dev.graft.model.Model;
import dev.graft.surgeon.Preparation;
import dev.graft.surgeon.edit.Edits;
import dev.graft.tensor.DType;
import dev.graft.words.Remedy;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/**
 * What was done to the pixels that a network learned from, where its file does not say so. Other
 * intervals are said with {@link Edits#describeInput}.
 */
public enum InputRange {
  /** Nothing: 0 to 255. */
  BYTES("0..255"),
  /** {@code x / 255}. */
  UNIT("0..1"),
  /** {@code x / 127.5 - 1}, mode {@code tf} of Keras' {@code preprocess_input}. */
  SIGNED("-1..1"),
  /**
   * {@code x / 255}, then mean 0 and deviation 1 by the statistics of ImageNet, a channel each, in
   * RGB: mode {@code torch} of Keras' {@code preprocess_input}, and what torchvision does.
   */
  IMAGENET("imagenet"),
  /** To BGR, then ImageNet's mean taken away: mode {@code caffe} of the same. */
  CAFFE("caffe");

  private final String text;

  InputRange(String text) {
    this.text = text;
  }

  /**
   * The one that is written so: {@code 0..255}, {@code 0..1}, {@code -1..1}, {@code imagenet} or
   * {@code caffe}.
   *
   * @throws BadRequestException if there is none
   */
  public static InputRange named(String text) {
    return Arrays.stream(values())
        .filter(range -> range.text.equals(text))
        .findFirst()
        .orElseThrow(
            () ->
                new BadRequestException(
                    "'"
                        + text
                        + "' is no input range; choose "
                        + Arrays.stream(values())
                            .map(InputRange::toString)
                            .collect(Collectors.joining(", "))
                        + "."));
  }

  /**
   * {@code imported}, knowing this of its picture input, so that nothing is guessed of it.
   *
   * @throws BadRequestException if there is no such input, it says otherwise itself, or cannot hold
   *     such values
   */
  Model of(Model imported) {
    List<InputSpec> pictures = imported.inputs().stream().filter(InputSpec::isImage).toList();
    if (pictures.size() == 1) {
      require(pictures.get(0));
    }
    return imported.with(edit(pictures.stream().findFirst()));
  }

  private void require(InputSpec input) {
    Optional<InputSpec.Range> recorded = input.range();
    if (recorded.isPresent() && !canBeTurnedRound(recorded.get())) {
      throw new BadRequestException(
          "what input '"
              + input.name()
              + "' takes is recorded with the model, "
              + recorded.get().low()
              + " to "
              + recorded.get().high()
              + " ("
              + recorded.get().reason()
              + "); leave out the range, or begin again with the model that this one was made of.",
          Remedy.NO_INPUT_RANGE);
    }
    if (input.dtype() == DType.UINT8 && this != BYTES) {
      throw new BadRequestException(
          "input '"
              + input.name()
              + "' takes bytes, which are 0 to 255; leave out the range "
              + text
              + ".",
          Remedy.NO_INPUT_RANGE);
    }
  }

  /**
   * Whether a range that Graft has recorded is no more than a guess. One of 0 to 255 has put a
   * preparation into the graph, to which a second one would be added.
   */
  private static boolean canBeTurnedRound(InputSpec.Range recorded) {
    return recorded.guessed() && recorded.low() < 0;
  }

  private UnaryOperator<Model> edit(Optional<InputSpec> input) {
    return switch (this) {
      case BYTES -> described(0, 255, input);
      case UNIT -> described(0, 1, input);
      case SIGNED -> described(-1, 1, input);
      case IMAGENET -> Edits.prepareInput(Preparation.STANDARDIZE);
      case CAFFE -> Edits.prepareInput(Preparation.CAFFE);
    };
  }

  private static UnaryOperator<Model> described(float low, float high, Optional<InputSpec> input) {
    boolean grey = input.map(spec -> spec.shape().dim(-1) == 1).orElse(false);
    return Edits.describeInput(
        low,
        high,
        grey ? InputSpec.Channels.GREY : InputSpec.Channels.RGB,
        input.map(InputSpec::resize).orElse(InputSpec.Resize.STRETCH));
  }

  /** As {@link #named} takes it. */
  @Override
  public String toString() {
    return text;
  }
}
