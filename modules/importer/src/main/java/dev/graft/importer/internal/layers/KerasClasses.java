package dev.graft.importer.internal.layers;

import java.util.HashMap;
import java.util.Map;

/** Keras' own layer classes and the names that Keras gives to layers without one. */
final class KerasClasses {

  private static final String[] CLASSES = {
    "Activation",
    "ActivityRegularization",
    "Add",
    "AdditiveAttention",
    "AlphaDropout",
    "Attention",
    "Average",
    "AveragePooling1D",
    "AveragePooling2D",
    "AveragePooling3D",
    "BatchNormalization",
    "Bidirectional",
    "CategoryEncoding",
    "CenterCrop",
    "Concatenate",
    "Conv1D",
    "Conv1DTranspose",
    "Conv2D",
    "Conv2DTranspose",
    "Conv3D",
    "Conv3DTranspose",
    "ConvLSTM1D",
    "ConvLSTM2D",
    "ConvLSTM3D",
    "Cropping1D",
    "Cropping2D",
    "Cropping3D",
    "Dense",
    "DepthwiseConv1D",
    "DepthwiseConv2D",
    "Discretization",
    "Dot",
    "Dropout",
    "EinsumDense",
    "ELU",
    "Embedding",
    "Flatten",
    "GaussianDropout",
    "GaussianNoise",
    "GlobalAveragePooling1D",
    "GlobalAveragePooling2D",
    "GlobalAveragePooling3D",
    "GlobalMaxPooling1D",
    "GlobalMaxPooling2D",
    "GlobalMaxPooling3D",
    "GroupNormalization",
    "GRU",
    "GRUCell",
    "GroupQueryAttention",
    "HashedCrossing",
    "Hashing",
    "Identity",
    "InputLayer",
    "IntegerLookup",
    "Lambda",
    "LayerNormalization",
    "LeakyReLU",
    "LocallyConnected1D",
    "LocallyConnected2D",
    "LSTM",
    "LSTMCell",
    "Masking",
    "Maximum",
    "MaxPooling1D",
    "MaxPooling2D",
    "MaxPooling3D",
    "MelSpectrogram",
    "Minimum",
    "MultiHeadAttention",
    "Multiply",
    "Normalization",
    "Permute",
    "PReLU",
    "RandomBrightness",
    "RandomContrast",
    "RandomCrop",
    "RandomFlip",
    "RandomHeight",
    "RandomRotation",
    "RandomTranslation",
    "RandomWidth",
    "RandomZoom",
    "ReLU",
    "RepeatVector",
    "Rescaling",
    "Reshape",
    "Resizing",
    "RNN",
    "SeparableConv1D",
    "SeparableConv2D",
    "SimpleRNN",
    "SimpleRNNCell",
    "Softmax",
    "SpatialDropout1D",
    "SpatialDropout2D",
    "SpatialDropout3D",
    "SpectralNormalization",
    "StackedRNNCells",
    "StringLookup",
    "Subtract",
    "TextVectorization",
    "ThresholdedReLU",
    "TimeDistributed",
    "UnitNormalization",
    "UpSampling1D",
    "UpSampling2D",
    "UpSampling3D",
    "ZeroPadding1D",
    "ZeroPadding2D",
    "ZeroPadding3D"
  };

  private static final Map<String, String> BY_NAME = new HashMap<>();

  static {
    for (String type : CLASSES) {
      BY_NAME.put(snake(type), type);
      BY_NAME.put(snake(type).replace("lst_m", "lstm"), type); // Keras 3 has it right
    }
  }

  private KerasClasses() {}

  /**
   * The class that a layer called {@code name} has if Keras named it ({@code conv2d_3}); else
   * empty.
   */
  static String guess(String name) {
    String plain = withoutNumber(name);
    String type = BY_NAME.get(plain);
    return type != null ? type : BY_NAME.getOrDefault(name, "");
  }

  /** {@code name} without {@code _12} at its end. */
  static String withoutNumber(String name) {
    int end = name.length();
    while (end > 0 && Character.isDigit(name.charAt(end - 1))) {
      end--;
    }
    boolean numbered = end < name.length() && end > 1 && name.charAt(end - 1) == '_';
    return numbered ? name.substring(0, end - 1) : name;
  }

  /** Keras' to_snake_case: an underscore before each capital that starts a word. */
  private static String snake(String type) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < type.length(); i++) {
      char c = type.charAt(i);
      boolean capital = Character.isUpperCase(c);
      boolean word =
          i + 1 < type.length() && !Character.isUpperCase(type.charAt(i + 1)) // starts one
              || i > 0 && Character.isLowerCase(type.charAt(i - 1));
      if (capital && i > 0 && word) {
        out.append('_');
      }
      out.append(Character.toLowerCase(c));
    }
    return out.toString();
  }
}
