package dev.graft.surgeon;

import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads the block out of a layer's name, in the ways in which Keras Applications, TF Hub and
 * KerasNLP number theirs.
 */
final class BlockNames {

  private static final String END = "(?=[_/.]|$)";

  private static final List<Pattern> NUMBERED =
      List.of(
          // conv5_block3_1_conv (ResNet, DenseNet), stage_3_block_2 (ConvNeXt), Stage_2_block_6
          Pattern.compile("((?:conv|[sS]tage_?)\\d+_block_?\\d+)" + END),
          // block35_10_conv (Inception-ResNet), block_13_expand, block6a_se_reduce,
          // block14_sepconv1
          Pattern.compile("((?:[A-Za-z]+_)*block_?\\d+[a-z]?(?:_\\d+(?=_|/))?)" + END),
          // expanded_conv_10/depthwise (MobileNetV3), encoder_layer_2, layer_3, layer_._11
          Pattern.compile(
              "((?:expanded_conv|(?:[A-Za-z]+_)*(?:layer|encoder|decoder|stage))_?(?:\\._)?\\d+)"
                  + END));

  /** conv_dw_13, conv_pw_13_bn (MobileNet): depthwise and pointwise make one block. */
  private static final Pattern SEPARABLE = Pattern.compile("conv_(?:dw|pw)_(\\d+)" + END);

  /** The first of several that Keras numbered by itself has no number: transformer_block. */
  private static final Pattern FIRST =
      Pattern.compile("((?:[A-Za-z]+_)+(?:block|layer|encoder))(?=/|$)|(expanded_conv)" + END);

  private BlockNames() {}

  /** The block that {@code path} names; empty if it names none. */
  static Optional<String> in(String path) {
    for (Pattern pattern : NUMBERED) {
      Matcher matcher = pattern.matcher(path);
      if (matcher.find()) {
        return Optional.of(matcher.group(1));
      }
    }
    Matcher separable = SEPARABLE.matcher(path);
    if (separable.find()) {
      return Optional.of("conv_" + separable.group(1));
    }
    Matcher first = FIRST.matcher(path);
    if (first.find()) {
      return Optional.of(first.group());
    }
    return Optional.empty();
  }
}
