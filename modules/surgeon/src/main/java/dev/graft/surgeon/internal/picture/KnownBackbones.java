package dev.graft.surgeon.internal.picture;

import dev.graft.model.Layer;
import dev.graft.model.Model;
import dev.graft.model.Variable;
import dev.graft.surgeon.Preparation;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The families of Keras Applications that do not prepare pixels in the graph, told by the names of
 * their layers; their {@code preprocess_input} says what has to be done before.
 */
final class KnownBackbones {

  /**
   * One family.
   *
   * @param name its name
   * @param layers names of layers that it has and no other family does
   * @param preparation what {@code preprocess_input} does
   */
  private record Family(String name, List<String> layers, Preparation preparation) {}

  private static final List<Family> FAMILIES =
      List.of(
          new Family(
              "MobileNetV2", List.of("block_13_expand", "block_16_project"), Preparation.SCALE),
          new Family("MobileNet", List.of("conv_dw_13", "conv_pw_13"), Preparation.SCALE),
          new Family("Xception", List.of("block14_sepconv2", "block4_sepconv1"), Preparation.SCALE),
          new Family("InceptionResNetV2", List.of("block17_10_conv", "conv_7b"), Preparation.SCALE),
          new Family(
              "InceptionV3", List.of("conv2d_93", "batch_normalization_93"), Preparation.SCALE),
          new Family("NASNet", List.of("stem_conv1", "stem_bn1"), Preparation.SCALE),
          new Family("ResNetV2", List.of("conv5_block3_preact_bn"), Preparation.SCALE),
          new Family("ResNet", List.of("conv5_block3_3_conv", "conv1_conv"), Preparation.CAFFE),
          new Family(
              "DenseNet",
              List.of("conv5_block16_2_conv", "conv2_block6_2_conv"),
              Preparation.STANDARDIZE),
          new Family("VGG", List.of("block5_conv3", "block1_conv1"), Preparation.CAFFE));

  private KnownBackbones() {}

  /** The family's name and what it wants, if the model's layers tell. */
  static Optional<Known> of(Model model) {
    Set<String> names = new HashSet<>();
    model.allLayers().map(Layer::name).forEach(names::add);
    for (Variable variable : model.variables()) {
      for (String part : variable.name().split("/", -1)) {
        names.add(part);
      }
    }
    return FAMILIES.stream()
        .filter(family -> names.containsAll(family.layers()))
        .findFirst()
        .map(family -> new Known(family.name(), family.preparation()));
  }

  /**
   * What is known.
   *
   * @param family the family's name
   * @param preparation what has to be done to pixels
   */
  record Known(String family, Preparation preparation) {}
}
