package dev.graft.cli;

import dev.graft.InputRange;
import dev.graft.LoadOptions;
import dev.graft.error.BadRequestException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** How a model is read that pictures are then given to. */
final class LoadFlags {

  @Option(
      names = "--input-range",
      paramLabel = "RANGE",
      converter = Range.class,
      description =
          "What the network's pixels were brought to when it was trained, where its file does not"
              + " say so, or a guess is wrong: 0..255|0..1|-1..1|imagenet|caffe. imagenet is"
              + " ImageNet's mean and deviation (torchvision), caffe BGR without the mean.")
  private @Nullable InputRange range;

  @Mixin private SignatureOptions signature = new SignatureOptions();

  @Mixin private TrustOption trust = new TrustOption();

  LoadOptions options() {
    LoadOptions options = signature.options().trust(trust.trust());
    return range == null ? options : options.inputRange(range);
  }

  /** Reads a range as it is written. */
  static final class Range implements ITypeConverter<InputRange> {
    @Override
    public InputRange convert(String value) {
      try {
        return InputRange.named(value);
      } catch (BadRequestException e) {
        throw new TypeConversionException(String.valueOf(e.getMessage()));
      }
    }
  }
}
